//! Words of the sandbox around a server's process: what is wanted of it, and what it achieves.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How closely a server's process is fenced in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxProfile {
    /// It reads the system and its toolchain, and writes caches and what it was given.
    #[default]
    Default,
    /// It reads everything but our own files, and writes caches and what it was given.
    Compat,
    /// It does what its user may do.
    Off,
}

/// Whether something can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Nothing of it.
    None,
    /// All of it.
    Open,
}

/// Which files a process may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileAccess {
    /// It reads and writes what was let in, and nothing else.
    Fenced,
    /// It writes what was let in, and reads nearly everything.
    WritesFenced,
    /// It touches what its user may touch.
    Open,
}

/// Whether a server can start processes without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessLimit {
    /// The system refuses it more from some number on.
    Limited,
    /// Nothing stops it.
    Open,
}

/// What is wanted of the sandbox of one server, with nothing left to look up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxSettings {
    /// How closely it is fenced in.
    pub profile: SandboxProfile,
    /// Whether it reaches the network, this machine's own addresses included.
    pub network: Reach,
    /// Whether it reaches sockets of other programs on this machine: the session bus, a
    /// container engine, a display. `None` leaves it to the profile.
    pub sockets: Option<Reach>,
    /// Files and folders that it may read as well.
    pub read: Vec<PathBuf>,
    /// Files and folders that it may read and write as well.
    pub write: Vec<PathBuf>,
    /// Memory of each of its processes, in MiB.
    pub memory: Option<u64>,
    /// The container that it runs in instead.
    pub container: Option<ContainerSettings>,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            profile: SandboxProfile::Default,
            network: Reach::Open,
            sockets: None,
            read: Vec::new(),
            write: Vec::new(),
            memory: None,
            container: None,
        }
    }
}

/// A container that a server runs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSettings {
    /// The engine's command: `docker` or `podman`.
    pub runtime: String,
    /// What the container is made of.
    pub image: String,
    /// Whether it reaches the network.
    pub network: Reach,
    /// Folders in the form that the engine takes: `host:container` or `host:container:ro`.
    pub mounts: Vec<String>,
}

/// What fences a server's process in, as it was really achieved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SandboxStatus {
    /// The profile that was wanted.
    pub profile: SandboxProfile,
    /// Which files it may touch.
    pub files: FileAccess,
    /// Whether it reaches the network.
    pub network: Reach,
    /// Whether it reaches sockets of other programs on this machine.
    pub sockets: Reach,
    /// Whether it can start processes without end.
    pub processes: ProcessLimit,
    /// What could not be enforced, or was not given to it, and why: sentences.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl SandboxProfile {
    /// The word for it, as in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Compat => "compat",
            Self::Off => "off",
        }
    }
}

impl Reach {
    /// The word for it, as in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Open => "open",
        }
    }
}

impl SandboxSettings {
    /// Whether it reaches sockets of other programs: what is said of them, or what the profile
    /// says.
    pub fn sockets(&self) -> Reach {
        let by_profile = match self.profile {
            SandboxProfile::Default => Reach::None,
            SandboxProfile::Compat | SandboxProfile::Off => Reach::Open,
        };
        self.sockets.unwrap_or(by_profile)
    }
}

impl SandboxStatus {
    /// Nothing is fenced, because of `note`.
    pub fn open(profile: SandboxProfile, note: impl Into<String>) -> Self {
        Self {
            profile,
            files: FileAccess::Open,
            network: Reach::Open,
            sockets: Reach::Open,
            processes: ProcessLimit::Open,
            notes: vec![note.into()],
        }
    }

    /// Whether nothing at all is fenced.
    pub fn is_open(&self) -> bool {
        self.files == FileAccess::Open && self.network == Reach::Open && self.sockets == Reach::Open
    }
}

/// In words, for example `files fenced, network open, local sockets none, processes limited`.
impl fmt::Display for SandboxStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = match self.files {
            FileAccess::Fenced => "fenced",
            FileAccess::WritesFenced => "writes fenced",
            FileAccess::Open => "open",
        };
        let processes = match self.processes {
            ProcessLimit::Limited => "limited",
            ProcessLimit::Open => "not limited",
        };
        let (network, sockets) = (self.network.as_str(), self.sockets.as_str());
        write!(
            f,
            "files {files}, network {network}, local sockets {sockets}, processes {processes}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_told_in_words() {
        let mut status = SandboxStatus::open(SandboxProfile::Off, "It is off.");
        assert!(status.is_open());
        status.files = FileAccess::WritesFenced;
        status.network = Reach::None;
        status.processes = ProcessLimit::Limited;
        assert!(!status.is_open());
        assert_eq!(
            status.to_string(),
            "files writes fenced, network none, local sockets open, processes limited"
        );
    }

    #[test]
    fn the_profile_decides_about_sockets_unless_told() {
        let mut settings = SandboxSettings::default();
        assert_eq!(settings.sockets(), Reach::None);
        settings.profile = SandboxProfile::Compat;
        assert_eq!(settings.sockets(), Reach::Open);
        settings.sockets = Some(Reach::None);
        assert_eq!(settings.sockets(), Reach::None);
    }

    #[test]
    fn words_are_those_of_the_configuration() {
        for profile in [
            SandboxProfile::Default,
            SandboxProfile::Compat,
            SandboxProfile::Off,
        ] {
            assert_eq!(serde_json::json!(profile), profile.as_str());
        }
    }
}
