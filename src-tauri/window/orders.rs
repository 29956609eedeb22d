//! What the tray tells the window, line by line.

use std::io::{self, BufRead as _, Read as _};

use anyhow::{Context as _, bail};

/// The longest line that is read, in bytes.
const LONGEST: u64 = 8 * 1024;

/// What the window is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Show this address.
    Open(String),
    /// Come to the front, at this screen.
    Go(String),
}

/// The address that the first line names.
pub(crate) fn first_address() -> anyhow::Result<String> {
    match next().context("nobody says what to show")? {
        Order::Open(address) => Ok(address),
        Order::Go(_) => bail!("the first order has to be an address"),
    }
}

/// The next order that can be understood; `None` at the end of the input.
pub(crate) fn next() -> Option<Order> {
    loop {
        let mut line = String::new();
        let read = io::stdin().lock().take(LONGEST).read_line(&mut line);
        match read {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
        if let Some(order) = parse(line.trim_end()) {
            return Some(order);
        }
    }
}

fn parse(line: &str) -> Option<Order> {
    match line.split_once(' ')? {
        ("open", address) => Some(Order::Open(address.to_owned())),
        ("go", path) if path.starts_with('/') => Some(Order::Go(path.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_orders_are_understood() {
        assert_eq!(
            parse("open http://x/"),
            Some(Order::Open("http://x/".to_owned()))
        );
        assert_eq!(parse("go /review"), Some(Order::Go("/review".to_owned())));
        for line in ["", "go", "go review", "close now", "open"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
