//! A server's launch with every reference resolved, ready to be started.

use std::fmt;
use std::path::PathBuf;

use config::{
    Launch, RemoteKind, RemoteLaunch, Resolve, Sandbox, ServerConfig, SignIn, StdioLaunch, Template,
};
use indexmap::IndexMap;
use model::{
    ClientIdentity, ContainerSettings, Problem, ProblemCode, SafeUrl, SandboxSettings, Secret,
};
use url::Url;

use crate::Vault;
use crate::secrets::Noting;

/// How a server is started or reached, with nothing left to look up.
///
/// Any text in it may hold a secret, so `Debug` shows the names only.
#[derive(Clone, PartialEq, Eq)]
pub enum ResolvedLaunch {
    /// A process of ours.
    Stdio {
        /// The program: a path, or a name that is looked up on PATH.
        command: String,
        /// What it is started with.
        args: Vec<String>,
        /// Variables set for it.
        env: Vec<(String, Secret)>,
        /// The folder it is started in.
        cwd: Option<PathBuf>,
        /// What fences it in.
        sandbox: SandboxSettings,
    },
    /// A server that runs elsewhere.
    Remote {
        /// Its address; the scheme is one of its kind.
        url: SafeUrl,
        /// Headers sent with every request.
        headers: Vec<(String, Secret)>,
        /// What the user configured about signing in to it.
        identity: ClientIdentity,
        /// Which transport it speaks.
        kind: RemoteKind,
    },
}

impl Vault {
    /// Resolves every reference of a server's launch.
    ///
    /// Does not block the calling task: the keychain is asked elsewhere, and given up after ten
    /// seconds.
    pub async fn resolve_launch(&self, server: &ServerConfig) -> Result<ResolvedLaunch, Problem> {
        self.resolve_noting(server).await.map(|(launch, _)| launch)
    }

    /// The same, and what of it must not be shown when the server prints it.
    pub async fn resolve_noting(
        &self,
        server: &ServerConfig,
    ) -> Result<(ResolvedLaunch, Vec<Secret>), Problem> {
        if !needs_keyring(&server.launch) {
            return resolve_noting(&server.launch, self);
        }
        let (vault, launch) = (self.clone(), server.launch.clone());
        match tokio::task::spawn_blocking(move || resolve_noting(&launch, &vault)).await {
            Ok(result) => result,
            // Only while the process shuts down.
            Err(error) => Err(Problem::new(
                ProblemCode::KeychainUnavailable,
                format!("The keychain could not be asked: {error}."),
                "Restart the server.",
            )),
        }
    }
}

fn needs_keyring(launch: &Launch) -> bool {
    launch.templates().any(Template::needs_keyring)
}

fn resolve_noting(
    launch: &Launch,
    from: &dyn Resolve,
) -> Result<(ResolvedLaunch, Vec<Secret>), Problem> {
    let noting = Noting::new(from);
    let resolved = resolve(launch, &noting)?;
    Ok((resolved, noting.into_secrets(launch)))
}

fn resolve(launch: &Launch, from: &dyn Resolve) -> Result<ResolvedLaunch, Problem> {
    match launch {
        Launch::Stdio(launch) => resolve_stdio(launch, from),
        Launch::Remote(launch) => resolve_remote(launch, from),
    }
}

fn resolve_stdio(launch: &StdioLaunch, from: &dyn Resolve) -> Result<ResolvedLaunch, Problem> {
    let args = launch.args.iter().enumerate();
    let args = args.map(|(index, arg)| text(arg, from, &format!("args[{index}]")));
    let cwd = launch
        .cwd
        .as_ref()
        .map(|cwd| text(cwd, from, "cwd"))
        .transpose()?;
    Ok(ResolvedLaunch::Stdio {
        command: text(&launch.command, from, "command")?,
        args: args.collect::<Result<_, _>>()?,
        env: values(&launch.env, from, "env")?,
        cwd: cwd.map(PathBuf::from),
        sandbox: resolve_sandbox(&launch.sandbox, from)?,
    })
}

fn resolve_sandbox(sandbox: &Sandbox, from: &dyn Resolve) -> Result<SandboxSettings, Problem> {
    let resolve = |templates: &[Template], place: &str| -> Result<Vec<String>, Problem> {
        let texts = templates.iter().enumerate();
        let texts = texts.map(|(at, template)| text(template, from, &format!("{place}[{at}]")));
        texts.collect()
    };
    let paths = |templates: &[Template], place: &str| -> Result<Vec<PathBuf>, Problem> {
        let texts = resolve(templates, place)?;
        Ok(texts.into_iter().map(PathBuf::from).collect())
    };
    let container = sandbox
        .container
        .as_ref()
        .map(|inside| -> Result<_, Problem> {
            Ok(ContainerSettings {
                runtime: inside.runtime.clone(),
                image: inside.image.clone(),
                network: inside.network,
                mounts: resolve(&inside.mounts, "isolation.docker.mounts")?,
            })
        });
    Ok(SandboxSettings {
        profile: sandbox.profile,
        network: sandbox.network,
        sockets: sandbox.sockets,
        read: paths(&sandbox.read, "sandbox.read")?,
        write: paths(&sandbox.write, "sandbox.write")?,
        memory: sandbox.memory,
        container: container.transpose()?,
    })
}

fn resolve_remote(launch: &RemoteLaunch, from: &dyn Resolve) -> Result<ResolvedLaunch, Problem> {
    let url = text(&launch.url, from, "url")?;
    let url = Url::parse(&url)
        .ok()
        .and_then(|url| Some((launch.kind.for_scheme(url.scheme())?, url)));
    let Some((kind, url)) = url else {
        // The address itself is not told: it may hold a secret.
        return Err(invalid(
            "`url` is no address of its type once its references are resolved.",
        ));
    };
    let headers = values(&launch.headers, from, "headers")?;
    for (name, value) in &headers {
        if value.expose().contains(['\r', '\n']) {
            return Err(invalid(&format!(
                "The header `{name}` contains a line break."
            )));
        }
    }
    Ok(ResolvedLaunch::Remote {
        url: SafeUrl::new(url),
        headers,
        identity: resolve_sign_in(&launch.sign_in, from)?,
        kind,
    })
}

fn resolve_sign_in(sign_in: &SignIn, from: &dyn Resolve) -> Result<ClientIdentity, Problem> {
    let optional = |template: &Option<Template>, place| {
        let template = template.as_ref();
        template
            .map(|template| text(template, from, place))
            .transpose()
    };
    let metadata_url = optional(&sign_in.client_metadata_url, "oauth.clientMetadataUrl")?;
    let metadata_url = metadata_url.map(|url| Url::parse(&url).ok().filter(is_client_id));
    if metadata_url == Some(None) {
        return Err(invalid(
            "`oauth.clientMetadataUrl` is no HTTPS address with a path.",
        ));
    }
    let client_secret = optional(&sign_in.client_secret, "oauth.clientSecret")?;
    let mut scopes = Vec::new();
    for template in &sign_in.scopes {
        let words = text(template, from, "oauth.scopes")?;
        scopes.extend(words.split_whitespace().map(str::to_owned));
    }
    Ok(ClientIdentity {
        client_id: optional(&sign_in.client_id, "oauth.clientId")?,
        client_secret: client_secret.map(Secret::new),
        metadata_url: metadata_url.flatten(),
        scopes,
    })
}

/// Whether a URL can be a client's id.
fn is_client_id(url: &Url) -> bool {
    url.scheme() == "https" && url.path() != "/"
}

fn values(
    templates: &IndexMap<String, Template>,
    from: &dyn Resolve,
    section: &str,
) -> Result<Vec<(String, Secret)>, Problem> {
    let resolve = |(name, template): (&String, &Template)| {
        let value = text(template, from, &format!("{section}.{name}"))?;
        Ok((name.clone(), Secret::new(value)))
    };
    templates.iter().map(resolve).collect()
}

/// Resolves one text; a NUL that comes out of a reference is refused here, since no program and
/// no header takes it.
fn text(template: &Template, from: &dyn Resolve, place: &str) -> Result<String, Problem> {
    let text = template
        .resolve(from)
        .map_err(|unresolved| unresolved.at(place))?;
    if text.contains('\0') {
        return Err(invalid(&format!("`{place}` contains a NUL character.")));
    }
    Ok(text)
}

fn invalid(message: &str) -> Problem {
    let fix = "Correct the values that its references stand for, then restart the server.";
    Problem::new(ProblemCode::InvalidConfig, message, fix)
}

impl fmt::Debug for ResolvedLaunch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdio { args, env, .. } => f
                .debug_struct("Stdio")
                .field("args", &args.len())
                .field("env", &names(env))
                .finish_non_exhaustive(),
            Self::Remote {
                url, headers, kind, ..
            } => f
                .debug_struct("Remote")
                .field("url", url)
                .field("headers", &names(headers))
                .field("kind", kind)
                .finish_non_exhaustive(),
        }
    }
}

fn names(values: &[(String, Secret)]) -> Vec<&str> {
    values.iter().map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use config::KeyringError;
    use serde_json::{Value, json};

    use super::*;
    use crate::Keychain;

    fn vault() -> Vault {
        let secrets = [("gh", "hush"), ("split", "a\r\nb"), ("nul", "\0")];
        let secrets = secrets.map(|(name, secret)| (name.to_owned(), Secret::new(secret)));
        let variables = [
            ("DIR", "/work"),
            ("HOST", "h.example"),
            ("HOME", "/home/me"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Vault::with_keychain(BTreeMap::from(secrets)).with_environment(variables.into())
    }

    fn server(entry: &Value) -> ServerConfig {
        let text = json!({"mcpServers": {"s": entry}}).to_string();
        let settings = config::parse(&text, Path::new("c.json"))
            .settings
            .expect("usable");
        settings.servers.into_values().next().expect("one server")
    }

    async fn launch(entry: Value) -> Result<ResolvedLaunch, Problem> {
        vault().resolve_launch(&server(&entry)).await
    }

    #[tokio::test]
    async fn what_must_not_be_shown_is_noted() {
        let entry = json!({
            "command": "${DIR}/bin", "args": ["${HOME}/x"],
            "env": {"B": "Bearer ${keyring:gh}", "API_KEY": "literal", "MODE": "fast"},
        });
        let secrets = vault()
            .resolve_noting(&server(&entry))
            .await
            .expect("resolves")
            .1;
        let mut secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
        secrets.sort_unstable();
        secrets.dedup();
        assert_eq!(secrets, ["/work", "hush", "literal"]);
        let entry = json!({"url": "https://h", "headers": {"Authorization": "Bearer literal"}});
        let secrets = vault()
            .resolve_noting(&server(&entry))
            .await
            .expect("resolves")
            .1;
        let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
        assert_eq!(secrets, ["Bearer literal", "literal"]);
    }

    #[tokio::test]
    async fn a_process_is_resolved() {
        let entry = json!({
            "command": "${DIR}/bin", "args": ["--token", "${keyring:gh}"], "cwd": "${env:DIR}",
            "sandbox": {"profile": "compat", "write": ["${DIR}/x"]},
            "env": {"B": "Bearer ${keyring:gh}", "A": "${NONE:-1}"},
        });
        let launch = launch(entry).await.expect("resolves");
        let expected = ResolvedLaunch::Stdio {
            command: "/work/bin".into(),
            args: vec!["--token".into(), "hush".into()],
            env: vec![
                ("B".into(), Secret::new("Bearer hush")),
                ("A".into(), Secret::new("1")),
            ],
            cwd: Some("/work".into()),
            sandbox: SandboxSettings {
                profile: model::SandboxProfile::Compat,
                write: vec!["/work/x".into()],
                ..SandboxSettings::default()
            },
        };
        assert!(launch == expected);
        assert_eq!(
            format!("{launch:?}"),
            r#"Stdio { args: 2, env: ["B", "A"], .. }"#
        );
    }

    #[tokio::test]
    async fn a_remote_server_is_resolved() {
        let entry = json!({
            "type": "http", "url": "https://${HOST}/mcp?key=${keyring:gh}",
            "headers": {"Authorization": "Bearer ${keyring:gh}"},
            "oauth": {"clientId": "me", "clientSecret": "${keyring:gh}", "scopes": ["a", "b c"]},
        });
        let launch = launch(entry).await.expect("resolves");
        let ResolvedLaunch::Remote {
            url,
            headers,
            identity,
            kind,
        } = &launch
        else {
            panic!("{launch:?}")
        };
        let expected = ClientIdentity {
            client_id: Some("me".into()),
            client_secret: Some(Secret::new("hush")),
            metadata_url: None,
            scopes: ["a", "b", "c"].map(String::from).to_vec(),
        };
        assert_eq!(*identity, expected);
        assert_eq!(url.expose().as_str(), "https://h.example/mcp?key=hush");
        assert_eq!(headers[0].1.expose(), "Bearer hush");
        assert_eq!(*kind, RemoteKind::Http);
        assert!(!format!("{launch:?}").contains("hush"), "{launch:?}");
    }

    #[tokio::test]
    async fn a_scheme_that_comes_out_of_a_reference_counts_as_well() {
        let url = json!({"url": "${NONE:-wss}://${HOST}/"});
        let launch = launch(url).await.expect("resolves");
        let ResolvedLaunch::Remote { url, kind, .. } = &launch else {
            panic!("{launch:?}")
        };
        assert_eq!(url.expose().as_str(), "wss://h.example/");
        assert_eq!(*kind, RemoteKind::WebSocket);
    }

    #[tokio::test]
    async fn what_is_missing_is_a_problem_that_names_the_place() {
        for (entry, code, place) in [
            (
                json!({"command": "x", "args": ["a", "${NONE}"]}),
                ProblemCode::MissingVariable,
                "`args[1]`",
            ),
            (
                json!({"type": "http", "url": "${NONE:-ws}://h/"}),
                ProblemCode::InvalidConfig,
                "`url`",
            ),
            (
                json!({"url": "https://h/", "headers": {"X": "${keyring:none}"}}),
                ProblemCode::MissingSecret,
                "`headers.X`",
            ),
            (
                json!({"url": "https://h/", "oauth": {"clientSecret": "${keyring:none}"}}),
                ProblemCode::MissingSecret,
                "`oauth.clientSecret`",
            ),
            (
                json!({"url": "https://h/", "oauth": {"clientMetadataUrl": "https://h"}}),
                ProblemCode::InvalidConfig,
                "`oauth.clientMetadataUrl`",
            ),
            (
                json!({"url": "${DIR}"}),
                ProblemCode::InvalidConfig,
                "`url`",
            ),
            (
                json!({"url": "https://h/", "headers": {"X": "${keyring:split}"}}),
                ProblemCode::InvalidConfig,
                "`X`",
            ),
            (
                json!({"command": "x", "env": {"X": "${keyring:nul}"}}),
                ProblemCode::InvalidConfig,
                "`env.X`",
            ),
        ] {
            let problem = launch(entry).await.expect_err(place);
            assert_eq!(problem.code, code);
            assert!(problem.message.contains(place), "{problem}");
            assert!(problem.code.needs_person());
        }
    }

    /// A keychain that must not be touched, or is locked.
    struct Locked;

    impl Keychain for Locked {
        fn read(&self, _: &str) -> Result<Option<Secret>, KeyringError> {
            Err(KeyringError::Unavailable("it is locked".into()))
        }
    }

    #[tokio::test]
    async fn a_locked_keychain_costs_only_those_that_need_it() {
        let vault = Vault::with_keychain(Locked);
        let without = server(&json!({"command": "x"}));
        assert!(vault.resolve_launch(&without).await.is_ok());
        let with = server(&json!({"command": "x", "env": {"T": "${keyring:gh}"}}));
        let problem = vault.resolve_launch(&with).await.expect_err("locked");
        assert_eq!(problem.code, ProblemCode::KeychainUnavailable);
        assert!(problem.message.contains("it is locked"), "{problem}");
    }
}
