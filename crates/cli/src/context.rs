//! What a command works with.

use std::path::PathBuf;

use api_client::{Client, ClientError};
use config::Paths;

use crate::args::Global;
use crate::exit::{Failure, sentence};

/// Where things lie, and in which form to answer.
pub(crate) struct Context {
    pub(crate) paths: Paths,
    pub(crate) json: bool,
}

impl Context {
    pub(crate) fn new(global: Global) -> Result<Self, Failure> {
        let Global {
            config,
            data_dir,
            json,
        } = global;
        let paths = Paths::resolve(given(config), given(data_dir))
            .map_err(|error| Failure::other(sentence(&error.to_string()), ""))?;
        Ok(Self { paths, json })
    }

    /// A connection to the running gateway.
    pub(crate) async fn client(&self) -> Result<Client, ClientError> {
        Client::connect(&self.paths.socket).await
    }

    /// A connection to the gateway if one runs.
    pub(crate) async fn client_if_running(&self) -> Result<Option<Client>, ClientError> {
        match self.client().await {
            Ok(client) => Ok(Some(client)),
            Err(ClientError::NotRunning { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A variable that is set to nothing counts as not set.
fn given(path: Option<PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_path_is_no_path() {
        assert_eq!(given(Some(PathBuf::new())), None);
        assert_eq!(given(Some("a".into())), Some("a".into()));
    }
}
