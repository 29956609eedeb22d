//! What a person should see of a server before it runs.

mod warnings;

use model::Evidence;

use crate::launch::{Launch, ServerConfig};

/// What a server would run or reach, what it would receive, and what deserves a second look.
pub fn evidence(server: &ServerConfig) -> Evidence {
    let names = |map: &indexmap::IndexMap<String, crate::Template>| map.keys().cloned().collect();
    let (env, headers, cwd) = match &server.launch {
        Launch::Stdio(launch) => {
            let cwd = launch.cwd.as_ref().map(|cwd| cwd.written().to_owned());
            (names(&launch.env), Vec::new(), cwd)
        }
        Launch::Remote(launch) => (Vec::new(), names(&launch.headers), None),
    };
    Evidence {
        transport: server.transport().to_owned(),
        target: server.target(),
        env,
        headers,
        cwd,
        warnings: warnings::of(&server.launch),
    }
}
