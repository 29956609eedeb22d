//! What the helper says before it becomes the server: one line on standard error.
//!
//! Only the first line is believed, because it is written before anything of the server runs.

use model::SandboxStatus;
use serde::{Deserialize, Serialize};

/// How the line begins.
pub const REPORT_PREFIX: &str = "toolgate-sandbox: ";

/// Bytes that such a line has at most.
pub const MAX_REPORT: usize = 32 * 1024;

/// What came of applying a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// The server is started, fenced in like this.
    Applied(SandboxStatus),
    /// The server is not started, for this reason: a sentence.
    Refused(String),
}

impl Report {
    /// The line, without its end.
    pub fn line(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{REPORT_PREFIX}{json}")
    }

    /// Reads such a line; `None` if it is none.
    pub fn parse(line: &str) -> Option<Self> {
        let json = line.trim_end().strip_prefix(REPORT_PREFIX)?;
        serde_json::from_str(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use model::SandboxProfile;

    use super::*;

    #[test]
    fn a_report_survives_its_line() {
        let status = SandboxStatus::open(SandboxProfile::Off, "It is\nswitched off.");
        for report in [
            Report::Applied(status),
            Report::Refused("No \"such\" thing.".into()),
        ] {
            let line = report.line();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Report::parse(&(line + "\n")), Some(report));
        }
    }

    #[test]
    fn what_is_no_report_is_none() {
        for line in [
            "",
            "starting",
            "toolgate-sandbox: {}",
            "toolgate-sandbox: x",
        ] {
            assert_eq!(Report::parse(line), None, "{line}");
        }
    }
}
