//! The faces that one gateway shows, by path.

use model::ServerName;

use crate::naming::Naming;

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

impl Face {
    /// How the names of the server with this slug are shown here; `None` where they are shown as
    /// they are.
    pub(crate) fn naming<'a>(&self, slug: &'a str) -> Option<Naming<'a>> {
        match self {
            Self::Menu | Self::All => Some(Naming { slug }),
            Self::Server(_) => None,
        }
    }

    /// Whether what this server has is shown here.
    pub(crate) fn shows(&self, server: &ServerName) -> bool {
        match self {
            Self::Menu | Self::All => true,
            Self::Server(name) => name == server,
        }
    }
}
