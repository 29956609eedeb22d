//! Changes to the configuration while no gateway runs that would make them.

use std::path::Path;

use config::{ConfigStore, Edit, EditError, Settings};
use model::Severity;

use crate::exit::{Code, Failure, sentence};

/// The settings of the file as it is; without a file, the defaults.
pub(crate) fn settings(file: &Path) -> Result<Settings, Failure> {
    let text = read(file)?;
    let parsed = config::parse(&text, file);
    parsed.settings.ok_or_else(|| {
        let first = parsed
            .diagnostics
            .iter()
            .find(|d| d.severity == Severity::Error);
        let message = first.map_or_else(|| "It is invalid.".to_owned(), |d| d.message.clone());
        Failure::new(
            Code::InvalidConfig,
            format!(
                "The configuration file {} cannot be used: {message}",
                file.display()
            ),
            "Run `toolgate config check` to see where.",
        )
    })
}

/// The text of the file; a missing one is empty.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::new(
            Code::InvalidConfig,
            format!(
                "The configuration file {} cannot be read: {error}.",
                file.display()
            ),
            "Check that it is a text file in UTF-8 and that you may read it.",
        )),
    }
}

/// Edits the file.
pub(super) async fn edit(file: &Path, edit: Edit) -> Result<(), Failure> {
    // Opening fails for what `settings` explains better.
    settings(file)?;
    let store = ConfigStore::open(file)
        .map_err(|error| Failure::new(Code::InvalidConfig, sentence(&error.to_string()), ""))?;
    match store.edit(edit).await {
        Ok(_) => Ok(()),
        Err(error) => Err(failure(&error)),
    }
}

/// Sorts refusals into exit codes, as the gateway's answers to the same edits are.
fn failure(error: &EditError) -> Failure {
    let (code, fix) = match error {
        EditError::InvalidFile(_) => (
            Code::InvalidConfig,
            "Run `toolgate config check` to see where.",
        ),
        EditError::InvalidName(_)
        | EditError::InvalidEntry(_)
        | EditError::InvalidSetting { .. } => (
            Code::InvalidConfig,
            "See `toolgate servers add --help` for examples.",
        ),
        EditError::Exists(_) => (
            Code::Failure,
            "Choose another name, or remove it first with `toolgate servers remove`.",
        ),
        EditError::Unknown(_) => (Code::NotFound, "See `toolgate servers list`."),
        EditError::ReadOnly(_) | EditError::Conflict(_) | EditError::NotWritten { .. } => {
            (Code::Failure, "")
        }
    };
    Failure::new(code, sentence(&error.to_string()), fix)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn add(name: &str) -> Edit {
        Edit::Add {
            name: name.to_owned(),
            entry: json!({"command": "npx"}),
        }
    }

    #[tokio::test]
    async fn edits_are_written_and_leave_comments_alone() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("config.json");
        std::fs::write(&file, "// mine\n{}\n").expect("writes");
        edit(&file, add("a")).await.expect("adds");
        let switch = Edit::SetEnabled {
            name: "a".to_owned(),
            enabled: false,
        };
        edit(&file, switch).await.expect("switches off");
        assert!(read(&file).expect("reads").starts_with("// mine\n"));
        let settings = settings(&file).expect("valid");
        assert!(!settings.servers["a"].enabled);
    }

    #[tokio::test]
    async fn refusals_have_the_codes_of_the_gateway() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("config.json");
        edit(&file, add("a")).await.expect("creates the file");
        let code = async |change| edit(&file, change).await.expect_err("refused").code;
        assert_eq!(code(add("a")).await, Code::Failure);
        assert_eq!(
            code(Edit::Remove {
                name: "b".to_owned()
            })
            .await,
            Code::NotFound
        );
        assert_eq!(code(add(" ")).await, Code::InvalidConfig);
        std::fs::write(&file, "{ broken").expect("writes");
        assert_eq!(code(add("c")).await, Code::InvalidConfig);
        assert_eq!(read(&file).expect("reads"), "{ broken");
    }

    #[test]
    fn a_file_that_is_not_text_is_explained() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("config.json");
        assert_eq!(read(&file).expect("a missing file is empty"), "");
        std::fs::write(&file, [0xff, 0xfe]).expect("writes");
        assert_eq!(
            read(&file).expect_err("not UTF-8").code,
            Code::InvalidConfig
        );
    }
}
