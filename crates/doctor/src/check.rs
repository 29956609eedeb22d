//! What was looked at, and what was seen.

use model::{Finding, FindingStatus};

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing, nothing to do.
    Note,
    /// Probably not as meant.
    Warning,
    /// Something does not work.
    Error,
}

impl Level {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How it went.
    pub level: Level,
    /// Stable, in kebab-case.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// What to do about it; empty where there is nothing to do.
    pub fix: String,
}

impl Check {
    /// All is well.
    pub fn ok(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Ok, code, message, "")
    }

    /// Worth knowing.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Note, code, message, "")
    }

    /// Probably not as meant.
    pub fn warning(code: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Level::Warning, code, message, fix)
    }

    /// Something does not work.
    pub fn error(code: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Level::Error, code, message, fix)
    }

    fn new(
        level: Level,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            level,
            code,
            message: message.into(),
            fix: fix.into(),
        }
    }

    /// Its heading, and the few words for what was looked at.
    fn place(&self) -> (&'static str, &'static str) {
        match self.code {
            "config" => ("configuration", "Configuration file"),
            "data-dir" => ("configuration", "Data directory"),
            "gateway" => ("gateway", "Gateway"),
            "version" => ("gateway", "Version"),
            "endpoint" => ("gateway", "Endpoint"),
            "port" | "port-taken" => ("gateway", "Port"),
            "stale-socket" => ("gateway", "Socket"),
            "path" => ("programs", "Search path"),
            "runtime" => ("programs", "Runtime"),
            "keychain" => ("system", "Keychain"),
            "clock" => ("system", "Clock"),
            "proxy" => ("system", "Proxy"),
            "commands" => ("servers", "Commands"),
            "missing-variable" => ("servers", "Variable"),
            _ => ("servers", "Server"),
        }
    }
}

impl From<Check> for Finding {
    fn from(check: Check) -> Self {
        let (group, title) = check.place();
        // A command that does it stands in the fix, between backticks.
        let command = check.fix.split('`').nth(1);
        let command = command.filter(|text| text.starts_with("toolgate ") || text.contains(' '));
        // Whoever reads this has just done that.
        let command = command.filter(|text| *text != "toolgate doctor");
        Self {
            id: check.code.to_owned(),
            group: group.to_owned(),
            status: match check.level {
                Level::Ok | Level::Note => FindingStatus::Ok,
                Level::Warning => FindingStatus::Warning,
                Level::Error => FindingStatus::Error,
            },
            title: title.to_owned(),
            command: command.map(str::to_owned),
            message: check.message,
            fix: check.fix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_has_its_group_its_status_and_its_command() {
        let check = Check::warning("gateway", "None runs.", "Start one with `toolgate serve`.");
        let finding = Finding::from(check);
        assert_eq!(finding.status, FindingStatus::Warning);
        assert_eq!(
            (finding.group.as_str(), finding.title.as_str()),
            ("gateway", "Gateway")
        );
        assert_eq!(finding.command.as_deref(), Some("toolgate serve"));
        let note = Finding::from(Check::note("path", "More."));
        assert_eq!((note.status, note.command), (FindingStatus::Ok, None));
        let missing = Check::error("x", "M.", "Set `TOKEN` where the gateway is started.");
        assert_eq!(Finding::from(missing).command, None, "a name is no command");
    }
}
