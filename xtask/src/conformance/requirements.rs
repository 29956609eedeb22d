//! What the suite scores for a revision, read from the lists that it ships.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::Role;

/// The scenarios of one role and revision.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Requirements {
    /// Scenarios that a conforming implementation passes.
    pub(super) scored: Vec<String>,
    /// Scenarios that are run and only reported.
    pub(super) not_scored: Vec<String>,
}

/// Reads `requirements/{revision}.yaml` of the installed suite.
pub(super) fn read(suite: &Path, role: Role, revision: &str) -> Result<Requirements> {
    let file = suite.join("requirements").join(format!("{revision}.yaml"));
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let requirements = parse(&text, role);
    ensure!(
        !requirements.scored.is_empty(),
        "{} lists no scenarios",
        file.display()
    );
    Ok(requirements)
}

/// Reads the few forms that the lists use: sections, names, and entries of a name and a leg.
fn parse(text: &str, role: Role) -> Requirements {
    let role = match role {
        Role::Server => "server",
        Role::Client => "client",
    };
    let mut requirements = Requirements::default();
    let (mut section, mut entry) = ("", "");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_suffix(':')
            && !name.starts_with(' ')
        {
            section = name;
        } else if let Some(name) = line.trim().strip_prefix("- scenario: ") {
            entry = name;
        } else if let Some(leg) = line.trim().strip_prefix("leg: ") {
            if section == "not_scored" && leg == role {
                requirements.not_scored.push(entry.to_owned());
            }
        } else if let Some(name) = line.trim().strip_prefix("- ")
            && section == role
        {
            requirements.scored.push(name.to_owned());
        }
    }
    requirements
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: &str = "\
# server:
server:
  - ping
  - tools-list

client:
  - auth/basic-cimd

not_scored:
  - scenario: auth/dpop
    leg: client
    reason: extension
  - scenario: tasks-lifecycle
    leg: server
    reason: extension
    note: >-
      run for visibility
";

    #[test]
    fn each_role_has_its_own_scenarios() {
        let server = parse(LISTS, Role::Server);
        assert_eq!(server.scored, ["ping", "tools-list"]);
        assert_eq!(server.not_scored, ["tasks-lifecycle"]);
        let client = parse(LISTS, Role::Client);
        assert_eq!(client.scored, ["auth/basic-cimd"]);
        assert_eq!(client.not_scored, ["auth/dpop"]);
    }

    #[test]
    fn a_list_without_scenarios_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = read(folder.path(), Role::Server, "2025-11-25").expect_err("missing");
        assert!(missing.to_string().starts_with("cannot read"), "{missing}");
        std::fs::create_dir(folder.path().join("requirements")).expect("writable");
        let file = folder.path().join("requirements/2025-11-25.yaml");
        std::fs::write(file, "client:\n  - ping\n").expect("writable");
        let empty = read(folder.path(), Role::Server, "2025-11-25").expect_err("empty");
        assert!(empty.to_string().ends_with("lists no scenarios"), "{empty}");
    }
}
