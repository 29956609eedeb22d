//! The sandbox of one server, as the configuration has it.

use model::{Reach, SandboxProfile};
use serde_json::{Map, Value, json};

use crate::template::Template;

/// What fences a server's process in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// How closely.
    pub profile: SandboxProfile,
    /// Whether it reaches the network.
    pub network: Reach,
    /// Whether it reaches sockets of other programs; left to the profile if `None`.
    pub sockets: Option<Reach>,
    /// Files and folders that it may read as well.
    pub read: Vec<Template>,
    /// Files and folders that it may read and write as well.
    pub write: Vec<Template>,
    /// Memory of each of its processes, in MiB.
    pub memory: Option<u64>,
    /// The container that it runs in.
    pub container: Option<Container>,
}

/// A container that a server runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The engine's command: `docker` or `podman`.
    pub runtime: String,
    /// What the container is made of.
    pub image: String,
    /// Whether it reaches the network.
    pub network: Reach,
    /// Folders in the form that the engine takes.
    pub mounts: Vec<Template>,
}

impl Default for Sandbox {
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

impl Sandbox {
    /// All texts that may hold references.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        let mounts = self.container.iter().flat_map(|inside| &inside.mounts);
        self.read.iter().chain(&self.write).chain(mounts)
    }

    /// The keys of an entry that say what differs from the default; none if nothing does.
    pub(crate) fn entry(&self) -> Map<String, Value> {
        let mut entry = Map::new();
        let unfenced = Self {
            container: None,
            ..self.clone()
        };
        if unfenced != Self::default() {
            entry.insert("sandbox".into(), self.fence().into());
        }
        if let Some(container) = &self.container {
            entry.insert("isolation".into(), json!({"docker": container.entry()}));
        }
        entry
    }

    fn fence(&self) -> Map<String, Value> {
        let mut fence = Map::new();
        fence.insert("profile".into(), self.profile.as_str().into());
        fence.insert("network".into(), self.network.as_str().into());
        if let Some(sockets) = self.sockets {
            fence.insert("sockets".into(), sockets.as_str().into());
        }
        for (key, paths) in [("read", &self.read), ("write", &self.write)] {
            if !paths.is_empty() {
                fence.insert(key.into(), written(paths));
            }
        }
        if let Some(memory) = self.memory {
            fence.insert("memory".into(), memory.into());
        }
        fence
    }
}

impl Container {
    fn entry(&self) -> Map<String, Value> {
        let mut entry = Map::new();
        entry.insert("image".into(), self.image.as_str().into());
        entry.insert("runtime".into(), self.runtime.as_str().into());
        entry.insert("network".into(), self.network.as_str().into());
        if !self.mounts.is_empty() {
            entry.insert("mounts".into(), written(&self.mounts));
        }
        entry
    }
}

/// Paths are no secrets: they are shown as they stand in the file.
fn written(paths: &[Template]) -> Value {
    paths.iter().map(Template::written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Launch, read_entry};

    fn launch(entry: &Value) -> (String, Map<String, Value>) {
        let mut whole = json!({"command": "x"});
        for (key, value) in entry.as_object().expect("an object") {
            whole[key] = value.clone();
        }
        let server = read_entry("s", &whole).expect("usable");
        let Launch::Stdio(launch) = &server.launch else {
            panic!("a process")
        };
        (server.fingerprint(), launch.sandbox.entry())
    }

    #[test]
    fn what_says_nothing_new_is_not_shown_and_changes_no_launch() {
        let (plain, entry) = launch(&json!({}));
        assert!(entry.is_empty());
        assert_eq!(launch(&json!({"sandbox": "default"})).0, plain);
    }

    #[test]
    fn every_change_of_the_fence_is_another_launch() {
        let mut seen = vec![launch(&json!({})).0];
        for entry in [
            json!({"sandbox": "off"}),
            json!({"sandbox": "compat"}),
            json!({"sandbox": {"network": "none"}}),
            json!({"sandbox": {"sockets": "open"}}),
            json!({"sandbox": {"read": ["/x"]}}),
            json!({"sandbox": {"write": ["/x"]}}),
            json!({"sandbox": {"memory": 64}}),
            json!({"isolation": {"docker": {"image": "a"}}}),
            json!({"isolation": {"docker": {"image": "b"}}}),
            json!({"isolation": {"docker": {"image": "a", "mounts": ["/:/host"]}}}),
        ] {
            let (fingerprint, shown) = launch(&entry);
            assert!(!seen.contains(&fingerprint), "{entry}");
            // What is shown reads back as the same.
            assert_eq!(launch(&Value::Object(shown)).0, fingerprint, "{entry}");
            seen.push(fingerprint);
        }
    }
}
