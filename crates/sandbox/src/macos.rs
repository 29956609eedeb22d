//! macOS: the text of a `sandbox-exec` profile. Pure, so that it is tested everywhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use model::{FileAccess, Reach, SandboxProfile, SandboxStatus};

use crate::plan::Plan;

/// What applies a profile. Apple calls it deprecated and uses it all over the system.
pub const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// Needed by every program, and leading nowhere.
const ALWAYS: &str = "(version 1)
(deny default)
(allow process*)
(allow signal (target same-sandbox))
(allow sysctl-read)
(allow ipc-posix-shm*)
(allow ipc-posix-sem*)
(allow pseudo-tty)
(allow system-socket)
(allow file-read-metadata)
(allow file-ioctl (subpath \"/dev\"))
(allow file-read* file-write* (literal \"/dev/null\") (literal \"/dev/zero\") \
(literal \"/dev/tty\") (regex #\"^/dev/ttys[0-9]+$\") (literal \"/dev/ptmx\"))
(allow file-read* (literal \"/\") (subpath \"/dev\"))
(allow mach-lookup (global-name \"com.apple.system.opendirectoryd.libinfo\") \
(global-name \"com.apple.system.logger\") (global-name \"com.apple.SecurityServer\") \
(global-name \"com.apple.trustd.agent\") (global-name \"com.apple.SystemConfiguration.configd\") \
(global-name \"com.apple.SystemConfiguration.DNSConfiguration\"))
";

/// The profile of a plan. Later lines win over earlier ones.
pub fn profile(plan: &Plan) -> String {
    let mut text = ALWAYS.to_owned();
    if plan.profile == SandboxProfile::Off {
        text.push_str("(allow file-read* file-write*)\n");
    }
    rule(&mut text, "allow file-read*", &plan.read);
    rule(&mut text, "allow file-read* file-write*", &plan.write);
    rule(&mut text, "deny file-read* file-write*", &plan.hidden);
    rule(
        &mut text,
        "allow file-read* file-write*",
        plan.scratch.as_slice(),
    );
    if plan.network == Reach::Open {
        text.push_str("(allow network* (remote ip))\n(allow network* (local ip))\n");
        text.push_str("(allow network-outbound (literal \"/private/var/run/mDNSResponder\"))\n");
    }
    if plan.sockets == Reach::Open {
        text.push_str("(allow network* (remote unix-socket))\n(allow mach-lookup)\n");
    }
    text
}

/// What the profile achieves; the helper goes on to the program that applies it, which refuses
/// to run anything if it cannot.
pub fn achieve(plan: &Plan, status: &mut SandboxStatus) {
    status.files = match plan.profile {
        SandboxProfile::Default => FileAccess::Fenced,
        SandboxProfile::Compat => FileAccess::WritesFenced,
        SandboxProfile::Off => FileAccess::Open,
    };
    (status.network, status.sockets) = (plan.network, plan.sockets);
}

fn rule(text: &mut String, what: &str, paths: &[PathBuf]) {
    if paths.is_empty() {
        return;
    }
    let _ = write!(text, "({what}");
    for path in paths {
        // The system compares real paths: /tmp is a link there.
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let _ = write!(text, " (subpath {})", quoted(&real));
    }
    text.push_str(")\n");
}

/// A text of the profile's language.
fn quoted(path: &Path) -> String {
    let escaped = path.display().to_string();
    let escaped = escaped.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Limits;

    fn plan() -> Plan {
        Plan {
            profile: SandboxProfile::Default,
            read: vec!["/no/usr".into(), "/no/say \"hi\" \\".into()],
            write: vec!["/no/work".into()],
            devices: Vec::new(),
            hidden: vec!["/no/ours".into()],
            make: Vec::new(),
            scratch: Some("/no/ours/scratch".into()),
            variables: Vec::new(),
            network: Reach::None,
            sockets: Reach::None,
            limits: Limits {
                files: 1,
                more_processes: 1,
                memory: 1,
            },
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_profile_says_what_the_plan_says() {
        let text = profile(&plan());
        assert_eq!(
            text.strip_prefix(ALWAYS).expect("the fixed part"),
            "(allow file-read* (subpath \"/no/usr\") (subpath \"/no/say \\\"hi\\\" \\\\\"))\n\
             (allow file-read* file-write* (subpath \"/no/work\"))\n\
             (deny file-read* file-write* (subpath \"/no/ours\"))\n\
             (allow file-read* file-write* (subpath \"/no/ours/scratch\"))\n"
        );
    }

    #[test]
    fn network_and_sockets_are_let_in_when_open() {
        let open = Plan {
            network: Reach::Open,
            sockets: Reach::Open,
            ..plan()
        };
        let text = profile(&open);
        assert!(text.contains("(allow network* (remote ip))"), "{text}");
        assert!(text.contains("(remote unix-socket)"), "{text}");
        assert!(!profile(&plan()).contains("network"));
    }
}
