//! Sets of scopes that keep the order in which they were named.

/// Asks authorization servers of the `OpenID` kind for a refresh token.
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// Everything in either, each once, in the order of first mention.
pub(crate) fn union<'a>(parts: impl IntoIterator<Item = &'a [String]>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for scope in parts.into_iter().flatten() {
        if !all.contains(scope) {
            all.push(scope.clone());
        }
    }
    all
}

/// Whether everything wanted is among what was asked for.
pub(crate) fn covers(asked: &[String], wanted: &[String]) -> bool {
    wanted.iter().all(|scope| asked.contains(scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_union_keeps_the_order_and_names_each_once() {
        let (a, b) = (list("x y"), list("z y w"));
        assert_eq!(union([&a[..], &b[..]]), list("x y z w"));
        assert!(covers(&a, &list("y")));
        assert!(covers(&a, &[]));
        assert!(!covers(&a, &b));
    }
}
