use model::ContainerSettings;

use super::*;

/// A home directory with secrets, our own data in it, and work beside it.
struct World {
    folder: tempfile::TempDir,
    own: Vec<PathBuf>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let own = vec![folder.path().join("home/.local/share/toolgate")];
        let world = Self { folder, own };
        for place in [
            "home/.ssh",
            "home/.config/x",
            "home/notes",
            "work/data",
            "work/bin",
        ] {
            std::fs::create_dir_all(world.at(place)).expect("made");
        }
        std::fs::create_dir_all(&world.own[0]).expect("made");
        for file in [
            "home/.ssh/id_rsa",
            "home/.env",
            "work/data/a.db",
            "work/serve.py",
        ] {
            std::fs::write(world.at(file), "").expect("written");
        }
        world
    }

    fn at(&self, place: &str) -> PathBuf {
        self.folder.path().join(place)
    }

    fn word(&self, place: &str) -> String {
        self.at(place).display().to_string()
    }

    fn plan(&self, settings: &SandboxSettings, program: &str, args: &[&str]) -> Plan {
        let home = self.at("home");
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let start = Start {
            program: Path::new(program),
            args: &args,
            values: &[],
            cwd: None,
        };
        Plan::new(settings, &start, &self.around(&home))
    }

    fn around<'a>(&'a self, home: &'a Path) -> Around<'a> {
        Around {
            home: Some(home),
            cache: None,
            own: &self.own,
            scratch: Path::new("/scratch"),
            path: OsStr::new("/usr/bin"),
        }
    }
}

fn default() -> SandboxSettings {
    SandboxSettings::default()
}

/// Whether a path lies in one of these trees.
fn holds(trees: &[PathBuf], path: &Path) -> bool {
    trees.iter().any(|tree| path.starts_with(tree))
}

#[test]
fn secrets_and_our_own_files_are_not_let_in() {
    let world = World::new();
    let plan = world.plan(&default(), "/usr/bin/npx", &["-y", "thing"]);
    for place in [
        "home/.ssh/id_rsa",
        "home/.aws/credentials",
        "home/.config/x/y",
        "home/.mozilla/z",
        "home/.local/share/toolgate/local-token",
        "home/.local/share/keyrings/k",
        "home/.bashrc",
        "home/notes/n",
        "work/data/a.db",
    ] {
        let path = world.at(place);
        assert!(!holds(&plan.read, &path), "{place}");
        assert!(!holds(&plan.write, &path), "{place}");
    }
    for place in ["home/.npmrc", "home/.nvm/v/bin/node", "home/.local/bin/x"] {
        assert!(holds(&plan.read, &world.at(place)), "{place}");
        assert!(!holds(&plan.write, &world.at(place)), "{place}");
    }
    for program in [
        "home/.bun/bin/bun",
        "home/.local/share/uv/tools/x",
        "home/.local/bin/x",
    ] {
        assert!(!holds(&plan.write, &world.at(program)), "{program}");
    }
    for place in ["home/.npm/_npx/1", "home/.cache/uv/x"] {
        assert!(holds(&plan.write, &world.at(place)), "{place}");
    }
    assert!(plan.make.contains(&world.at("home/.npm")));
}

#[test]
fn settings_of_registries_go_to_their_runners_only() {
    let world = World::new();
    let plan = world.plan(&default(), "/usr/bin/uvx", &["thing"]);
    assert!(!holds(&plan.read, &world.at("home/.npmrc")));
}

#[test]
fn a_server_that_cannot_do_without_its_folder_gets_it() {
    let world = World::new();
    let state = world.at("home/.mongodb/mongodb-mcp");
    for (program, args) in [
        ("/usr/bin/npx", vec!["-y", "mongodb-mcp-server@latest"]),
        ("/opt/bin/mongodb-mcp-server", vec![]),
    ] {
        let plan = world.plan(&default(), program, &args);
        assert!(plan.write.contains(&state) && plan.make.contains(&state));
    }
    let plan = world.plan(&default(), "/usr/bin/npx", &["-y", "another"]);
    assert!(!holds(&plan.write, &state));
}

#[test]
fn only_the_first_python_may_be_fetched() {
    let world = World::new();
    let pythons = world.at("home/.local/share/uv/python");
    let plan = world.plan(&default(), "/usr/bin/uvx", &["thing"]);
    assert!(plan.write.contains(&pythons) && plan.make.contains(&pythons));
    let tools = ("UV_TOOL_DIR", PathBuf::from("/scratch/tools"));
    assert!(plan.variables.contains(&tools), "{:?}", plan.variables);
    std::fs::create_dir_all(pythons.join("cpython-3.13")).expect("made");
    let plan = world.plan(&default(), "/usr/bin/uvx", &["thing"]);
    assert!(!plan.write.contains(&pythons));
    assert!(holds(&plan.read, &pythons));
}

#[test]
fn what_the_entry_names_is_given() {
    let world = World::new();
    let (data, work) = (world.word("work/data"), world.at("work"));
    let option = format!("--root={data}");
    for args in [vec![data.as_str()], vec![option.as_str()]] {
        let plan = world.plan(&default(), "/usr/bin/x", &args);
        assert!(plan.write.contains(&world.at("work/data")), "{args:?}");
        assert!(!holds(&plan.write, &work), "{args:?}");
    }
    // A database that is there, and one that is to be made, with the journals beside them.
    for file in ["work/data/a.db", "work/data/new.db"] {
        let plan = world.plan(&default(), "/usr/bin/x", &["--db", &world.word(file)]);
        assert!(
            holds(&plan.write, &world.at("work/data/a.db-journal")),
            "{file}"
        );
    }
    let plan = world.plan(
        &default(),
        "/usr/bin/python3",
        &[&world.word("work/serve.py")],
    );
    assert!(holds(&plan.read, &world.at("work/module.py")));
    assert!(!holds(&plan.write, &work));
}

#[test]
fn what_is_named_beside_secrets_comes_alone() {
    let world = World::new();
    for (file, beside) in [
        ("home/.ssh/id_rsa", "home/.ssh/other"),
        ("home/.env", "home/.bashrc"),
    ] {
        let plan = world.plan(&default(), "/usr/bin/x", &["--key", &world.word(file)]);
        assert!(plan.write.contains(&world.at(file)), "{file}");
        assert!(!holds(&plan.write, &world.at(beside)), "{beside}");
    }
}

#[test]
fn the_home_directory_and_ours_are_not_given_by_a_word() {
    let world = World::new();
    let own = world.own[0].display().to_string();
    for word in ["/", "/tmp", &world.word(""), &world.word("home"), &own] {
        let plan = world.plan(&default(), "/usr/bin/x", &[word]);
        assert!(!holds(&plan.write, &world.at("home/.bashrc")), "{word}");
        assert!(!holds(&plan.write, &world.own[0]), "{word}");
        assert_eq!(
            plan.notes.is_empty(),
            word == "/",
            "{word}: {:?}",
            plan.notes
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_secrets_is_not_followed() {
    let world = World::new();
    std::os::unix::fs::symlink(world.at("home/.ssh"), world.at("work/link")).expect("a link");
    let plan = world.plan(&default(), "/usr/bin/x", &[&world.word("work/link")]);
    assert!(!plan.write.contains(&world.at("work/link")));
    let plan = world.plan(&default(), "/usr/bin/x", &[&world.word("work/link/id_rsa")]);
    assert!(
        !holds(&plan.write, &world.at("work/link")),
        "{:?}",
        plan.write
    );
    // Whoever names the place itself means it.
    let plan = world.plan(&default(), "/usr/bin/x", &[&world.word("home/.ssh")]);
    assert!(plan.write.contains(&world.at("home/.ssh")));
}

#[test]
fn caches_elsewhere_are_let_in_unless_they_are_everything() {
    let world = World::new();
    let home = world.at("home");
    for (cache, let_in) in [(world.at("work/data"), true), (world.at("home"), false)] {
        let around = Around {
            cache: Some(&cache),
            ..world.around(&home)
        };
        let start = Start {
            program: Path::new("/usr/bin/x"),
            args: &[],
            values: &[],
            cwd: None,
        };
        let plan = Plan::new(&default(), &start, &around);
        assert_eq!(plan.write.contains(&cache), let_in, "{}", cache.display());
    }
}

#[test]
fn what_is_configured_is_let_in() {
    let world = World::new();
    let settings = SandboxSettings {
        read: vec!["~/.kube".into()],
        write: vec![world.at("work")],
        memory: Some(64),
        ..default()
    };
    let plan = world.plan(&settings, "/usr/bin/x", &[]);
    assert!(plan.read.contains(&world.at("home/.kube")));
    assert!(plan.write.contains(&world.at("work")));
    assert_eq!(plan.limits.memory, 64);
    assert_eq!((plan.network, plan.sockets), (Reach::Open, Reach::None));
}

#[test]
fn folders_on_path_do_not_open_the_home_directory() {
    let world = World::new();
    std::fs::create_dir_all(world.at("home/.local/lib")).expect("made");
    std::fs::create_dir_all(world.at("home/.local/bin")).expect("made");
    std::fs::create_dir_all(world.at("work/lib")).expect("made");
    let path = format!(
        "{}:{}:{}",
        world.word("home"),
        world.word("home/.local/bin"),
        world.word("work/bin")
    );
    let home = world.at("home");
    let around = Around {
        path: OsStr::new(&path),
        ..world.around(&home)
    };
    let start = Start {
        program: Path::new("/usr/bin/x"),
        args: &[],
        values: &[],
        cwd: None,
    };
    let plan = Plan::new(&default(), &start, &around);
    assert!(!holds(&plan.read, &world.at("home/.bashrc")));
    assert!(!holds(&plan.read, &world.at("home/.local/share/keyrings")));
    assert!(holds(&plan.read, &world.at("work/lib/python")));
}

#[test]
fn compat_reads_all_but_ours() {
    let world = World::new();
    let settings = SandboxSettings {
        profile: SandboxProfile::Compat,
        ..default()
    };
    let plan = world.plan(&settings, "/usr/bin/x", &[]);
    assert!(plan.read.contains(&PathBuf::from("/")));
    assert_eq!(plan.hidden, world.own);
    assert_eq!(plan.sockets, Reach::Open);
    assert!(!holds(&plan.write, &world.at("home/.bashrc")) || world.at("home").starts_with("/tmp"));
}

#[test]
fn a_container_engine_is_fenced_only_where_that_was_asked_for() {
    let world = World::new();
    let plan = world.plan(&default(), "/usr/bin/docker", &["run", "-i", "x"]);
    assert!(plan.is_open() && plan.notes.len() == 1, "{plan:?}");
    let settings = SandboxSettings {
        network: Reach::None,
        container: None::<ContainerSettings>,
        ..default()
    };
    let plan = world.plan(&settings, "/usr/bin/docker", &[]);
    assert_eq!(plan.profile, SandboxProfile::Default);
    assert!(plan.needs_fence().is_some());
}

#[test]
fn off_is_off() {
    let world = World::new();
    let settings = SandboxSettings {
        profile: SandboxProfile::Off,
        ..default()
    };
    let plan = world.plan(&settings, "/usr/bin/x", &[]);
    assert!(plan.is_open() && plan.read.is_empty() && plan.scratch.is_none());
    let status = plan.not_applied("Why.");
    assert!(status.is_open() && status.notes == ["Why."]);
}
