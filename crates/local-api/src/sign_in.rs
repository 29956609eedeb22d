//! Signing in to a server and out of it, because a person says so.

use ::config::{Launch, ServerConfig};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use fleet::{Fleet, RestartError};
use model::{Problem, ProblemCode, ServerName, SignInState, SignInStatus, now_millis};
use oauth::{Authorizer, Resource, SignInError};
use std::sync::Arc;
use vault::ResolvedLaunch;

use crate::Api;
use crate::error::Failure;
use crate::servers::resolve;

/// Sends the person to the server's sign-in. How it goes on is in the snapshot.
#[utoipa::path(post, path = "/servers/{name}/sign-in", params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn begin(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let fleet = api.gateway.fleet().clone();
    let config = fleet.server_config(&resolve(&fleet, &name)?)?;
    // What nobody has let start is not contacted for a sign-in either.
    if !fleet.may_start(&config) {
        return Err(RestartError::Held(config.name.to_string()).into());
    }
    let authorizer = authorizer(&fleet, &config)?;
    let resource = resource(&fleet, &config).await?;
    let closing = api.closing.clone();
    fleet.note_sign_in(&config.name, Some(status(SignInState::Waiting, None)));
    api.tasks.spawn(async move {
        tokio::select! {
            () = sign_in(&fleet, &authorizer, &resource) => {}
            () = closing.cancelled() => authorizer.cancel(&resource.server),
        }
    });
    Ok(StatusCode::NO_CONTENT)
}

/// Calls off a sign-in that is under way, and forgets what an earlier one gave.
#[utoipa::path(delete, path = "/servers/{name}/sign-in", params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn end(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let fleet = api.gateway.fleet();
    let config = fleet.server_config(&resolve(fleet, &name)?)?;
    let authorizer = authorizer(fleet, &config)?;
    authorizer.cancel(&config.name);
    let forgotten = authorizer.forget(&config.name).await;
    forgotten.map_err(|error| {
        Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "not-signed-out",
            format!("The sign-in could not be forgotten: {error}."),
            "Remove the cause and try again.",
        )
    })?;
    fleet.note_sign_in(&config.name, None);
    // A connection that was let in by the token ends with it.
    let _ = fleet.restart(config.name.as_str());
    Ok(StatusCode::NO_CONTENT)
}

async fn sign_in(fleet: &Fleet, authorizer: &Authorizer, resource: &Resource) {
    match authorizer.sign_in(resource).await {
        Ok(()) => {
            let signed_in = status(SignInState::SignedIn, None);
            fleet.note_sign_in(&resource.server, Some(signed_in));
            // So that it uses the token; switched off, it will when it is switched on.
            let _ = fleet.restart(resource.server.as_str());
        }
        Err(SignInError::Cancelled) => fleet.note_sign_in(&resource.server, None),
        Err(error) => {
            let problem = Problem::new(
                ProblemCode::SignInRequired,
                error.to_string(),
                error.fix().replace("restart the server", "try again"),
            );
            let failed = status(SignInState::Failed, Some(problem));
            fleet.note_sign_in(&resource.server, Some(failed));
        }
    }
}

fn status(state: SignInState, problem: Option<Problem>) -> SignInStatus {
    SignInStatus {
        state,
        since: now_millis(),
        scopes: Vec::new(),
        expires_at: None,
        problem,
    }
}

fn authorizer(fleet: &Fleet, config: &ServerConfig) -> Result<Arc<Authorizer>, Failure> {
    let takes_tokens = match &config.launch {
        Launch::Stdio(_) => false,
        Launch::Remote(remote) => {
            let mut names = remote.headers.keys();
            !names.any(|name| name.eq_ignore_ascii_case("authorization"))
        }
    };
    let authorizer = fleet.context().authorizer().filter(|_| takes_tokens);
    authorizer.cloned().ok_or_else(|| {
        Failure::new(
            StatusCode::CONFLICT,
            "no-sign-in",
            format!(
                "`{}` is not signed in to: it runs here, or its entry has a header for that.",
                config.name
            ),
            "Change its variables or its headers instead.",
        )
    })
}

async fn resource(fleet: &Fleet, config: &ServerConfig) -> Result<Resource, Failure> {
    let resolved = fleet.context().vault.resolve_launch(config).await;
    let server: ServerName = config.name.clone();
    match resolved {
        Ok(ResolvedLaunch::Remote { url, identity, .. }) => Ok(Resource {
            server,
            url,
            identity,
        }),
        Ok(ResolvedLaunch::Stdio { .. }) => Err(Failure::new(
            StatusCode::CONFLICT,
            "no-sign-in",
            "It runs here and is not signed in to.",
            "",
        )),
        Err(problem) => Err(Failure::new(
            StatusCode::CONFLICT,
            problem.code.as_str(),
            problem.message,
            problem.fix,
        )),
    }
}
