//! The order of the crates: each may build only on crates of a lower level.

use crate::workspace::Package;

/// Where a crate stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Part of the product; the lower, the more may build on it.
    Product(u8),
    /// For tests and tasks: builds on anything, and no product crate builds on it.
    Development,
}

/// The level of every crate, as in docs/architecture.md.
const LEVELS: &[(&str, Level)] = &[
    ("model", Level::Product(0)),
    ("wire", Level::Product(0)),
    ("config", Level::Product(1)),
    ("index", Level::Product(1)),
    ("local-socket", Level::Product(1)),
    ("scan", Level::Product(1)),
    ("sandbox", Level::Product(1)),
    ("web-ui", Level::Product(1)),
    ("store", Level::Product(2)),
    ("telemetry", Level::Product(2)),
    ("vault", Level::Product(2)),
    ("oauth", Level::Product(3)),
    ("upstream", Level::Product(4)),
    ("fleet", Level::Product(5)),
    ("registry", Level::Product(3)),
    ("doctor", Level::Product(6)),
    ("gateway", Level::Product(6)),
    ("api-client", Level::Product(7)),
    ("local-api", Level::Product(7)),
    ("daemon", Level::Product(8)),
    ("cli", Level::Product(9)),
    ("shell", Level::Product(9)),
    ("toolgate-desktop", Level::Product(10)),
    ("headless", Level::Development),
    ("integration", Level::Development),
    ("testkit", Level::Development),
    ("xtask", Level::Development),
];

/// Every dependency that goes sideways or upwards, as a sentence.
pub(crate) fn broken(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(broken_in).collect()
}

fn broken_in(package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some(level) = level(name) else {
        return vec![format!(
            "the crate `{name}` has no level; give it one in xtask/src/tidy/layers.rs"
        )];
    };
    let ours = package.dependencies.iter();
    ours.filter(|dependency| self::level(dependency).is_some_and(|other| !may_use(level, other)))
        .map(|dependency| format!("the crate `{name}` must not build on `{dependency}`"))
        .collect()
}

fn level(name: &str) -> Option<Level> {
    let entry = LEVELS.iter().find(|(known, _)| *known == name);
    entry.map(|(_, level)| *level)
}

fn may_use(own: Level, other: Level) -> bool {
    match (own, other) {
        (Level::Development, _) => true,
        (Level::Product(_), Level::Development) => false,
        (Level::Product(own), Level::Product(other)) => other < own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn downwards_is_fine_and_other_crates_are_no_concern() {
        let packages = [
            package("gateway", &["fleet", "model", "tokio"]),
            package("testkit", &["cli", "xtask"]),
        ];
        assert_eq!(broken(&packages), Vec::<String>::new());
    }

    #[test]
    fn sideways_upwards_and_into_test_code_is_refused() {
        let packages = [package("local-api", &["api-client", "cli", "testkit"])];
        let expected = [
            "the crate `local-api` must not build on `api-client`",
            "the crate `local-api` must not build on `cli`",
            "the crate `local-api` must not build on `testkit`",
        ];
        assert_eq!(broken(&packages), expected);
    }

    #[test]
    fn a_new_crate_needs_a_level() {
        let expected = "the crate `news` has no level; give it one in xtask/src/tidy/layers.rs";
        assert_eq!(broken(&[package("news", &[])]), [expected]);
    }
}
