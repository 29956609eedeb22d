//! Where systems and toolchains keep what servers need.

/// Trees of the system: programs, libraries, settings for everyone. What of it is secret is kept
/// from the user by the system itself.
pub(super) const SYSTEM: [&str; 26] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/opt",
    "/nix",
    "/gnu",
    "/snap",
    "/sys",
    "/home/linuxbrew/.linuxbrew",
    // What /etc/resolv.conf and the programs of some systems are links to.
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/current-system",
    "/run/opengl-driver",
    "/mnt/wsl",
    "/var/lib/snapd",
    "/var/cache/fontconfig",
    // Certificates of some systems, and users of a directory.
    "/var/lib/ca-certificates",
    "/var/lib/sss/mc",
    // macOS.
    "/System",
    "/Library",
];

/// Programs and toolchains in the home directory.
pub(super) const TOOLCHAINS: [&str; 44] = [
    ".local/bin",
    ".local/lib",
    ".nvm",
    ".fnm",
    ".local/share/fnm",
    ".local/state/fnm_multishells",
    ".volta",
    ".nodenv",
    ".n",
    ".npm-global",
    ".npm-packages",
    ".local/share/pnpm",
    "Library/pnpm",
    ".yarn",
    ".bun",
    ".deno",
    ".asdf",
    ".local/share/mise",
    ".local/share/rtx",
    ".pyenv",
    ".rye",
    ".local/share/uv",
    ".local/share/pipx",
    ".local/pipx",
    ".virtualenvs",
    "miniconda3",
    "anaconda3",
    "miniforge3",
    ".conda/envs",
    ".rbenv",
    ".gem",
    ".cargo/bin",
    ".rustup/toolchains",
    "go/bin",
    ".sdkman",
    ".jbang",
    ".dotnet",
    ".nix-profile",
    ".local/state/nix",
    ".linuxbrew",
    ".fonts",
    ".local/share/fonts",
    ".config/fontconfig",
    "Library/Fonts",
];

/// Settings in the home directory that many programs fail without: versions, names, mirrors.
pub(super) const SETTINGS: [&str; 12] = [
    ".gitconfig",
    ".config/git",
    ".tool-versions",
    ".node-version",
    ".python-version",
    ".nvmrc",
    ".config/mise",
    ".config/pip",
    ".pip",
    ".config/uv",
    ".condarc",
    ".asdfrc",
];

/// What a package runner needs of the home directory: caches that it writes and runs programs
/// from, and settings. Nothing is written that its user runs by name. The settings of registries may hold a token; the runner sends it to that
/// registry and fails without it, so the runner's servers can read it.
pub(super) struct Runner {
    pub(super) programs: &'static [&'static str],
    pub(super) caches: &'static [&'static str],
    pub(super) settings: &'static [&'static str],
}

pub(super) const RUNNERS: [Runner; 3] = [
    Runner {
        programs: &["npx", "npm", "node", "pnpm", "pnpx", "yarn", "corepack"],
        caches: &[".npm"],
        settings: &[".npmrc", ".yarnrc", ".yarnrc.yml"],
    },
    Runner {
        programs: &["bun", "bunx"],
        // Not the folder above, which holds the program itself.
        caches: &[".bun/install/cache"],
        settings: &[".npmrc", ".bunfig.toml"],
    },
    Runner {
        programs: &["deno"],
        caches: &[],
        settings: &[".npmrc"],
    },
];

/// Runners of Python packages. They want to write where they keep tools that their user runs by
/// name; of servers they keep nothing there, so that a folder that is empty does as well.
pub(super) const PYTHON_RUNNERS: [&str; 2] = ["uvx", "uv"];

/// What tells them so.
pub(super) const PYTHON_TOOLS: &str = "UV_TOOL_DIR";

/// Where they put the Pythons that they fetch.
pub(super) const PYTHONS: &str = ".local/share/uv/python";

/// What programs look for temporary folders in.
pub(super) const TEMPORARY: [&str; 3] = ["TMPDIR", "TMP", "TEMP"];

/// Servers that keep a folder of their own in the home directory and end without it: a word of
/// their command line, and the folder.
pub(super) const OWN_STATE: [(&str, &str); 1] = [("mongodb-mcp-server", ".mongodb/mongodb-mcp")];

/// Folders of the home directory that are never taken for a toolchain, nor anything around them.
pub(super) const PRIVATE: [&str; 10] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".kube",
    ".config",
    ".local/share",
    ".mozilla",
    ".password-store",
    "Documents",
    "Library/Application Support",
];

/// Devices that every program may expect.
pub(super) const DEVICES: [&str; 7] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/ptmx",
    "/dev/pts",
];

/// Memory that processes share by a name.
pub(super) const SHARED_MEMORY: &str = "/dev/shm";

/// Temporary folders that all programs share. A fenced server has one of its own instead.
pub(super) const SHARED_TEMP: [&str; 4] = ["/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp"];

/// Clients of container engines: the engine fences what they start, and they cannot do without
/// its socket.
pub(super) const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// What marks the top of a program's own folder.
pub(super) const PROJECT_MARKS: [&str; 9] = [
    "package.json",
    "pyproject.toml",
    "pyvenv.cfg",
    "setup.py",
    "deno.json",
    "go.mod",
    "Cargo.toml",
    "Gemfile",
    "composer.json",
];

/// Endings of files that a runtime executes.
pub(super) const SCRIPTS: [&str; 14] = [
    "js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "py", "pyz", "rb", "php", "sh", "jar", "wasm",
];
