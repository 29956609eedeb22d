//! How the command ends: exit codes, and failures with their way out.

use std::io;
use std::process::ExitCode;

use api_client::ClientError;
use model::Problem;

/// The exit codes, as documented in `toolgate --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Everything went well.
    Ok = 0,
    /// Something failed that has no code of its own.
    Failure = 1,
    /// The command line could not be understood; clap's own code.
    Usage = 2,
    /// No gateway is running.
    NotRunning = 3,
    /// The configuration is invalid.
    InvalidConfig = 4,
    /// There is no such server, tool, setting or id.
    NotFound = 5,
    /// The tool ran and returned an error.
    ToolError = 6,
    /// Another gateway already runs on this data directory.
    AlreadyRunning = 7,
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: Code,
    /// What happened, and why.
    pub(crate) message: String,
    /// What to do next; empty where there is nothing to say.
    pub(crate) fix: String,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fix: fix.into(),
        }
    }

    /// A failure without a code of its own.
    pub(crate) fn other(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Code::Failure, message, fix)
    }

    /// Whether the reader of our output has gone, which is how `| head` ends us.
    fn is_broken_pipe(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::BrokenPipe
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::NotRunning { .. } => Self::new(
                Code::NotRunning,
                "No gateway is running.",
                "Start one with `toolgate serve`.",
            ),
            ClientError::Api { status, error } => {
                Self::new(api_code(status, &error.code), error.message, error.fix)
            }
            other => Self::other(
                sentence(&other.to_string()),
                "Run `toolgate doctor` to find out why.",
            ),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if Self::is_broken_pipe(&error) {
            return Self::new(Code::Ok, "", "");
        }
        Self::other(sentence(&error.to_string()), "")
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::other(problem.message, problem.fix)
    }
}

/// The exit code for an answer of the gateway that is no success.
fn api_code(status: u16, code: &str) -> Code {
    match (status, code) {
        (404, _) => Code::NotFound,
        (422, _) | (_, "invalid-config") => Code::InvalidConfig,
        _ => Code::Failure,
    }
}

/// An error's text as a sentence for a person.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let mut sentence: String = first.to_uppercase().chain(chars).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use model::ApiError;

    use super::*;

    fn api(status: u16, code: &str) -> Failure {
        let (code, message) = (code.to_owned(), "M.".to_owned());
        ClientError::Api {
            status,
            error: ApiError {
                code,
                message,
                fix: "F.".to_owned(),
            },
        }
        .into()
    }

    #[test]
    fn answers_of_the_gateway_become_exit_codes() {
        assert_eq!(api(404, "no-such-server").code, Code::NotFound);
        assert_eq!(api(422, "invalid-entry").code, Code::InvalidConfig);
        assert_eq!(api(409, "exists").code, Code::Failure);
        assert_eq!(api(409, "exists").fix, "F.");
        let absent = Failure::from(ClientError::NotRunning {
            socket: PathBuf::new(),
        });
        assert_eq!(absent.code, Code::NotRunning);
        assert!(absent.fix.contains("toolgate serve"));
    }

    #[test]
    fn a_reader_who_left_is_no_failure() {
        assert_eq!(
            Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).code,
            Code::Ok
        );
        assert_eq!(
            Failure::from(io::Error::other("disk full")).message,
            "Disk full."
        );
    }

    #[test]
    fn texts_become_sentences() {
        assert_eq!(sentence("no such file"), "No such file.");
        assert_eq!(sentence("Done!"), "Done!");
        assert_eq!(sentence(""), "");
    }
}
