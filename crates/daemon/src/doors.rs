//! The doors: loopback TCP and the local socket, with the very same service behind both.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use gateway::Doorkeeper;
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use local_socket::Listener;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::parts::Parts;
use crate::timely;

/// A client that takes longer to send its headers is not one of ours.
const HEADER_PATIENCE: Duration = Duration::from_secs(10);
/// Requests in flight have this long to finish once the gateway is to stop.
const FINISH: Duration = Duration::from_secs(5);
/// After a failed accept (no descriptors left), others get time to close theirs.
const BREATHER: Duration = Duration::from_millis(100);

type Service = TowerToHyperService<Router>;

/// Both doors, bound but not yet served.
pub(crate) struct Doors {
    tcp: TcpListener,
    address: SocketAddr,
    socket: Listener,
}

impl Doors {
    /// Binds both doors.
    pub(crate) async fn open(address: SocketAddr, socket: &Path) -> Result<Self, StartError> {
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback { address });
        }
        let tcp = TcpListener::bind(address)
            .await
            .map_err(|error| match error.kind() {
                io::ErrorKind::AddrInUse => StartError::AddressTaken { address },
                _ => StartError::Io {
                    what: address.to_string(),
                    error,
                },
            })?;
        let failed = |error| StartError::Io {
            what: socket.display().to_string(),
            error,
        };
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self {
            tcp,
            address,
            socket: Listener::bind(socket).map_err(failed)?,
        })
    }

    /// The URL for clients.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Serves until the gateway is to stop and what was in flight has finished.
    pub(crate) async fn serve(self, parts: &Parts) {
        let Self {
            tcp,
            address,
            socket,
        } = self;
        let loopback = service(parts, Doorkeeper::Loopback(address));
        let local = service(parts, Doorkeeper::Socket);
        let by_tcp = || async {
            let (stream, _) = tcp.accept().await?;
            // Answers are small and awaited.
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        tokio::join!(
            accept_all(by_tcp, loopback, &parts.closing),
            accept_all(|| socket.accept(), local, &parts.closing),
        );
    }
}

fn service(parts: &Parts, keeper: Doorkeeper) -> Router {
    let alive = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ready\n" }))
        .layer(from_fn_with_state(keeper.clone(), gateway::guard));
    let pages = web_ui::router().layer(from_fn_with_state(keeper.clone(), gateway::guard_pages));
    gateway::router(parts.gateway.clone(), keeper.clone())
        .merge(local_api::router(parts.api.clone(), keeper))
        .merge(alive)
        .merge(pages)
        .layer(from_fn(timely::bodies))
}

/// Accepts connections until `closing`, then waits for those in flight, within bounds.
async fn accept_all<S, F>(
    mut accept: impl FnMut() -> F,
    service: Router,
    closing: &CancellationToken,
) where
    F: Future<Output = io::Result<S>>,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = closing.cancelled() => break,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATHER).await;
                continue;
            }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_PATIENCE)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(service.clone()),
            )
            // WebSocket begins as HTTP.
            .with_upgrades();
        connections.spawn(serve(connection, closing.clone()));
    }
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH, finished).await.is_err() {
        tracing::warn!("stopped with requests in flight");
    }
}

/// Serves one connection; from `closing` on it takes no further request.
async fn serve<S>(
    connection: UpgradeableConnection<TokioIo<S>, Service>,
    closing: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // How it ended is the client's affair.
        _ = connection.as_mut() => return,
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
