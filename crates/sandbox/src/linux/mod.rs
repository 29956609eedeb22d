//! Linux: Landlock for files, signals and abstract sockets, seccomp for the rest.

mod calls;
mod files;

use model::{FileAccess, Reach, SandboxProfile, SandboxStatus};

use crate::plan::Plan;

/// Fences this process in, and notes what was achieved.
pub(crate) fn fence(plan: &Plan, status: &mut SandboxStatus) -> Result<(), String> {
    let landlock = if plan.profile == SandboxProfile::Off {
        files::Achieved::default()
    } else {
        files::restrict(plan).map_err(|error| format!("Landlock failed: {error}."))?
    };
    if plan.profile != SandboxProfile::Off {
        status.notes.extend(landlock.notes());
    }
    if landlock.files {
        status.files = match plan.profile {
            SandboxProfile::Compat => FileAccess::WritesFenced,
            _ => FileAccess::Fenced,
        };
    }
    // Landlock tells sockets by their path, from some kernel on; without it there are none.
    let no_sockets = plan.sockets == Reach::None && !landlock.sockets;
    let denied = calls::Denied {
        network: plan.network == Reach::None,
        sockets: no_sockets,
    };
    match calls::deny(denied) {
        Ok(()) => {
            status.network = plan.network;
            status.sockets = plan.sockets;
        }
        Err(error) => {
            if landlock.sockets && plan.sockets == Reach::None {
                status.sockets = Reach::None;
            }
            status.notes.push(format!(
                "Dangerous system calls, the network and local sockets are not fenced: {error}."
            ));
        }
    }
    Ok(())
}
