//! The support bundle: what those who help want to see, without what nobody should.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write as _};

use ::config::{Launch, Settings, names_secret, without_secrets};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use model::{BundleEntry, Secret};
use serde_json::{Value, json};
use telemetry::Hidden;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::error::Failure;
use crate::{Api, doctor};

/// Everything lies in one folder.
const FOLDER: &str = "toolgate-support";
/// Lines of each log.
const LINES: usize = 2_000;
/// Logs of servers.
const LOGS: usize = 100;

/// A file of the bundle.
struct Part {
    name: String,
    description: String,
    text: String,
}

/// The bundle as an archive.
#[utoipa::path(get, path = "/support-bundle", responses((status = 200, content_type = "application/zip", body = Vec<u8>)))]
pub(crate) async fn download(State(api): State<Api>) -> Result<Response, Failure> {
    let parts = parts(&api).await?;
    let packed = tokio::task::spawn_blocking(move || pack(&parts)).await;
    let packed = packed.map_err(io::Error::other).flatten();
    let bytes = packed.map_err(|error| {
        Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "not-packed",
            format!("The archive could not be made: {error}."),
            "Try again.",
        )
    })?;
    let head = [
        (CONTENT_TYPE, "application/zip"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"toolgate-support.zip\"",
        ),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((head, bytes).into_response())
}

/// What the bundle would hold now, file by file.
#[utoipa::path(get, path = "/support-bundle/contents", responses((status = 200, body = Vec<BundleEntry>)))]
pub(crate) async fn contents(State(api): State<Api>) -> Result<Json<Vec<BundleEntry>>, Failure> {
    let parts = parts(&api).await?.into_iter().map(|part| BundleEntry {
        bytes: part.text.len() as u64,
        name: part.name,
        description: part.description,
    });
    Ok(Json(parts.collect()))
}

async fn parts(api: &Api) -> Result<Vec<Part>, Failure> {
    let fleet = api.gateway.fleet();
    let settings = fleet.config().current().settings.clone();
    let report = doctor::findings(api).await?;
    let report = report.iter().fold(String::new(), |mut text, check| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<8} {:<18} {}",
            check.level.as_str(),
            check.code,
            check.message
        );
        if !check.fix.is_empty() {
            let _ = writeln!(text, "{:<28}{}", "", check.fix);
        }
        text
    });
    let mut parts = vec![
        part(
            "versions.json",
            "Versions of Toolgate and of the system",
            pretty(&versions()),
        ),
        part(
            "state.json",
            "Servers, clients and last calls, without arguments",
            pretty(&*fleet.snapshot()),
        ),
        part("doctor.txt", "What the doctor finds", report),
        part(
            "config.json",
            "The configuration, secrets masked",
            pretty(&configuration(&settings)),
        ),
    ];
    let lines = api.log.tail(LINES).await.unwrap_or_default();
    parts.push(part(
        "logs/gateway.log",
        "The end of the gateway's log",
        text_of(&lines),
    ));
    let catalog = fleet.catalog();
    for server in catalog.servers().iter().take(LOGS) {
        let lines = fleet.context().logs.tail(&server.slug, LINES).await;
        let lines = lines.unwrap_or_default();
        if !lines.is_empty() {
            let description = format!("The end of the log of {}", server.name);
            let name = format!("logs/server-{}.log", server.slug);
            parts.push(part(&name, &description, text_of(&lines)));
        }
    }
    let hidden = secrets(&settings, api);
    for part in &mut parts {
        part.text = masked(&hidden, &part.text);
    }
    Ok(parts)
}

fn part(name: &str, description: &str, text: String) -> Part {
    Part {
        name: format!("{FOLDER}/{name}"),
        description: description.to_owned(),
        text,
    }
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn text_of(lines: &[String]) -> String {
    lines
        .iter()
        .fold(String::new(), |text, line| text + line + "\n")
}

fn versions() -> Value {
    json!({
        "toolgate": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
    })
}

/// The settings and servers; the text of the file could hold secrets in its comments.
fn configuration(settings: &Settings) -> Value {
    let servers = settings.servers.iter();
    let servers: serde_json::Map<String, Value> = servers
        .map(|(name, server)| (name.to_string(), server.masked_entry()))
        .collect();
    json!({
        "listen": settings.listen,
        "readOnly": settings.read_only,
        "logLevel": settings.logs.level,
        "mcpServers": servers,
    })
}

/// What may stand in old lines of logs: values of the configuration, and our own token.
fn secrets(settings: &Settings, api: &Api) -> Hidden {
    let mut secrets = vec![api.access.local_token()];
    for server in settings.servers.values() {
        let named = match &server.launch {
            Launch::Stdio(launch) => &launch.env,
            Launch::Remote(launch) => &launch.headers,
        };
        for (name, value) in named {
            if let Some(text) = value.as_literal()
                && (names_secret(name) || text.len() >= 12)
            {
                let bare = text.rsplit(' ').next().unwrap_or(text);
                secrets.extend([Secret::new(text), Secret::new(bare)]);
            }
        }
    }
    let hidden = Hidden::default();
    hidden.set(&secrets);
    hidden
}

fn masked(hidden: &Hidden, text: &str) -> String {
    text.split_inclusive('\n').fold(String::new(), |out, line| {
        let known = hidden.mask(line.as_bytes());
        let known = known.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        out + &without_secrets(known.as_deref().unwrap_or(line))
    })
}

fn pack(parts: &[Part]) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o600);
    for part in parts {
        archive.start_file(part.name.as_str(), options)?;
        archive.write_all(part.text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
