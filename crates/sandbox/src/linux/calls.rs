//! System calls that no server needs, and those that lead out, by seccomp.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule,
};

/// What is denied besides what always is.
#[derive(Clone, Copy)]
pub(super) struct Denied {
    /// Everything but local sockets.
    pub(super) network: bool,
    /// Sockets of other programs on this machine.
    pub(super) sockets: bool,
}

/// The second table of calls that 64-bit Intel kernels may have: 32-bit pointers, same filter.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// Calls with numbers of their own in that table: `ptrace`, `kexec_load`, `process_vm_*`.
#[cfg(target_arch = "x86_64")]
const X32_ONLY: [i64; 4] = [521, 528, 539, 540];

/// Calls to look into or change other processes, file systems, the kernel and its keys.
const ALWAYS: [c_long; 39] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
];

/// Families of sockets for programs; all others talk to the kernel or to hardware.
const FAMILIES: [i32; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];

/// Input put into somebody's terminal.
const TERMINAL_INPUT: [u64; 2] = [0x5412, 0x541c];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Denies the calls to this process and all that it starts. They fail as if not permitted.
pub(super) fn deny(denied: Denied) -> Result<(), String> {
    let program = program(denied).map_err(|error| error.to_string())?;
    seccompiler::apply_filter(&program).map_err(|error| error.to_string())
}

fn program(denied: Denied) -> Result<BpfProgram, seccompiler::Error> {
    let architecture = std::env::consts::ARCH.try_into()?;
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules(denied)?, SeccompAction::Allow, refused, architecture)?;
    Ok(filter.try_into()?)
}

fn rules(denied: Denied) -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = ALWAYS.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_socket, sockets(denied)?);
    if denied.sockets {
        // One end of such a pair can be turned to any socket; of the other kinds it cannot.
        let kind = SeccompCondition::new(
            1,
            Length::Dword,
            Is::MaskedEq(0xf),
            libc::SOCK_DGRAM.unsigned_abs().into(),
        )?;
        rules.insert(libc::SYS_socketpair, vec![SeccompRule::new(vec![kind])?]);
    }
    let inputs = TERMINAL_INPUT.iter().map(|request| {
        let is = SeccompCondition::new(1, Length::Dword, Is::Eq, *request)?;
        SeccompRule::new(vec![is])
    });
    rules.insert(libc::SYS_ioctl, inputs.collect::<Result<_, _>>()?);
    Ok(with_x32(rules))
}

/// Which families of sockets are refused; no rule at all refuses every one.
fn sockets(denied: Denied) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let family = |is: Is, family: i32| {
        SeccompCondition::new(0, Length::Dword, is, family.unsigned_abs().into())
    };
    match denied {
        Denied {
            network: true,
            sockets: true,
        } => Ok(Vec::new()),
        Denied {
            network: true,
            sockets: false,
        } => Ok(vec![SeccompRule::new(vec![family(
            Is::Ne,
            libc::AF_UNIX,
        )?])?]),
        Denied {
            network: false,
            sockets,
        } => {
            let others = FAMILIES.iter().map(|known| family(Is::Ne, *known));
            let mut rules = vec![SeccompRule::new(others.collect::<Result<_, _>>()?)?];
            if sockets {
                rules.push(SeccompRule::new(vec![family(Is::Eq, libc::AF_UNIX)?])?);
            }
            Ok(rules)
        }
    }
}

/// The same for the second table of calls.
#[cfg(target_arch = "x86_64")]
fn with_x32(rules: Rules) -> Rules {
    let again = rules.clone();
    let mut rules = rules;
    rules.extend(again.into_iter().map(|(call, rules)| (call | X32, rules)));
    rules.extend(X32_ONLY.map(|call| (call | X32, Vec::new())));
    rules
}

#[cfg(not(target_arch = "x86_64"))]
fn with_x32(rules: Rules) -> Rules {
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_makes_a_program() {
        for network in [false, true] {
            for sockets in [false, true] {
                let program = program(Denied { network, sockets }).expect("a program");
                assert!(program.len() > ALWAYS.len());
            }
        }
    }

    #[test]
    fn without_network_and_sockets_no_socket_is_left() {
        let denied = Denied {
            network: true,
            sockets: true,
        };
        assert!(
            sockets(denied).expect("rules").is_empty(),
            "no condition: always refused"
        );
        let denied = Denied {
            network: false,
            sockets: true,
        };
        assert_eq!(sockets(denied).expect("rules").len(), 2);
    }
}
