//! A menu as a panel sees it, by `com.canonical.dbusmenu`.

use std::collections::HashMap;

use anyhow::Context as _;
use zbus::Proxy;
use zbus::zvariant::{OwnedValue, Structure, Value};

/// One line of a menu.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: i32,
    pub(crate) depth: usize,
    pub(crate) label: String,
    pub(crate) enabled: bool,
}

/// The id of an entry, its properties and its children.
type Node = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// All lines, from top to bottom.
pub(crate) async fn read(menu: &Proxy<'_>) -> anyhow::Result<Vec<Line>> {
    const ALL_LEVELS: i32 = -1;
    let all_properties: Vec<String> = Vec::new();
    let (_revision, root): (u32, Node) = menu
        .call("GetLayout", &(0_i32, ALL_LEVELS, all_properties))
        .await?;
    let mut lines = Vec::new();
    for child in &root.2 {
        add(child, 0, &mut lines)?;
    }
    Ok(lines)
}

/// Chooses an entry, as a click on it does.
pub(crate) async fn choose(menu: &Proxy<'_>, id: i32) -> anyhow::Result<()> {
    let event = (id, "clicked", Value::from(""), 0_u32);
    // Panels do not wait for an answer; one that ends the program may stay without.
    Ok(menu.call_noreply("Event", &event).await?)
}

/// The menu as text; an access key's underscore is shown as it is drawn.
pub(crate) fn drawn(lines: &[Line]) -> String {
    let line = |line: &Line| {
        let indent = "  ".repeat(line.depth);
        let sign = if line.enabled { "" } else { " (off)" };
        format!("{indent}{}{sign}", line.label)
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn add(node: &OwnedValue, depth: usize, lines: &mut Vec<Line>) -> anyhow::Result<()> {
    let fields: &Structure<'_> = node.downcast_ref()?;
    let [id, properties, children] = fields.fields() else {
        anyhow::bail!("an entry has three fields");
    };
    let id: i32 = id.downcast_ref()?;
    let properties: HashMap<String, OwnedValue> = properties.try_clone()?.try_into()?;
    let text = |name| {
        let value = properties.get(name)?;
        value.downcast_ref::<&str>().ok().map(str::to_owned)
    };
    let is_separator = text("type").is_some_and(|kind| kind == "separator");
    let label = if is_separator {
        "---".to_owned()
    } else {
        text("label")
            .context("an entry has a label")?
            .replace("__", "_")
    };
    let enabled = match properties.get("enabled") {
        Some(value) => value.downcast_ref::<bool>()?,
        None => true,
    };
    lines.push(Line {
        id,
        depth,
        label,
        enabled,
    });
    let children: Vec<OwnedValue> = children.try_clone()?.try_into()?;
    for child in &children {
        add(child, depth + 1, lines)?;
    }
    Ok(())
}
