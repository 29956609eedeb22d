//! The faces that one gateway shows, by path.

use model::ServerName;

/// What a client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Face {
    /// `/mcp`: a few tools to find and call all others with.
    Menu,
    /// `/mcp/all`: every tool as `server__tool`.
    All,
    /// `/mcp/server/{name}`: one server, its names untouched.
    Server(ServerName),
}
