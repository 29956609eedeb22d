//! `toolgate settings`: the settings of the configuration file, one by one.

mod value;

use clap::Subcommand;
use model::{Setting, SettingsPage};
use serde_json::Value;

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, Table, one_line, visible};

/// Characters of a description that a list shows.
const DESCRIPTION_WIDTH: usize = 70;

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List all settings with their values and defaults
    List,
    /// Print the value of a setting
    #[command(after_long_help = "Example:\n  toolgate settings get logs.level")]
    Get(Key),
    /// Change a setting
    #[command(after_long_help = SET_HELP)]
    Set {
        #[command(flatten)]
        key: Key,
        /// Its new value: on or off, a number, a text, or one of its words
        value: String,
    },
    /// Let a setting be its default again
    #[command(after_long_help = "Example:\n  toolgate settings unset logs.level")]
    Unset(Key),
}

const SET_HELP: &str = "\
Examples:
  toolgate settings set logs.level debug
  toolgate settings set readOnly on
  toolgate settings set callTimeout 300";

/// Which setting.
#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    /// Its key, for example `logs.level`
    key: String,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    let client = context.client().await?;
    let page = client.settings().await?;
    let (key, value) = match command {
        Command::List => return list(context, &page),
        Command::Get(key) => return get(context, find(&page, &key.key)?),
        Command::Set { key, value } => {
            let value = value::read(find(&page, &key.key)?, &value)?;
            (key.key, value)
        }
        Command::Unset(key) => {
            find(&page, &key.key)?;
            (key.key, Value::Null)
        }
    };
    let page = client.set_setting(&key, value).await?;
    report(context, find(&page, &key)?)
}

fn list(context: &Context, page: &SettingsPage) -> Result<Code, Failure> {
    if context.json {
        output::json(page)?;
    } else {
        output::text(&table(&page.settings))?;
    }
    Ok(Code::Ok)
}

fn get(context: &Context, setting: &Setting) -> Result<Code, Failure> {
    if context.json {
        output::json(setting)?;
    } else {
        output::text(&visible(&value::shown(setting.kind, &setting.value)))?;
    }
    Ok(Code::Ok)
}

fn find<'a>(page: &'a SettingsPage, key: &str) -> Result<&'a Setting, Failure> {
    let found = page.settings.iter().find(|setting| setting.key == key);
    found.ok_or_else(|| {
        Failure::new(
            Code::NotFound,
            format!("There is no setting `{}`.", visible(key)),
            "See `toolgate settings list` for those there are.",
        )
    })
}

fn report(context: &Context, setting: &Setting) -> Result<Code, Failure> {
    if context.json {
        output::json(setting)?;
    } else {
        output::note(&visible(&said(setting)));
    }
    Ok(Code::Ok)
}

fn said(setting: &Setting) -> String {
    let value = value::shown(setting.kind, &setting.value);
    let default = if setting.value == setting.default {
        ", its default"
    } else {
        ""
    };
    let when = if setting.restart {
        " It takes effect at the next start of the gateway."
    } else {
        ""
    };
    format!("{} is {value}{default}.{when}", setting.key)
}

fn table(settings: &[Setting]) -> String {
    let mut table = Table::new(&["key", "value", "default", "meaning"]);
    for setting in settings {
        table.row([
            setting.key.clone(),
            value::shown(setting.kind, &setting.value),
            value::shown(setting.kind, &setting.default),
            one_line(&setting.description, DESCRIPTION_WIDTH),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use model::SettingKind;
    use serde_json::json;

    use super::*;
    use crate::output::plain;

    fn setting(key: &str, kind: SettingKind, value: Value, default: Value) -> Setting {
        Setting {
            key: key.into(),
            kind,
            choices: Vec::new(),
            value,
            default,
            description: "What it does.".into(),
            restart: false,
        }
    }

    fn page() -> SettingsPage {
        let settings = vec![
            setting("readOnly", SettingKind::Switch, json!(true), json!(false)),
            setting("callTimeout", SettingKind::Number, json!(120), json!(120)),
        ];
        SettingsPage {
            path: "/c/config.json".into(),
            settings,
        }
    }

    #[test]
    fn a_list_shows_what_is_and_what_would_be() {
        assert_eq!(
            plain(&table(&page().settings)),
            "KEY          VALUE  DEFAULT  MEANING\n\
             readOnly     on     off      What it does.\n\
             callTimeout  120    120      What it does.\n"
        );
    }

    #[test]
    fn an_unknown_key_is_told_apart_and_the_list_is_named() {
        let page = page();
        assert_eq!(find(&page, "readOnly").expect("is there").value, true);
        let failure = find(&page, "readonly\u{1b}").expect_err("there is none");
        assert_eq!(failure.code, Code::NotFound);
        assert!(failure.message.contains("`readonly\\u{1b}`"));
        assert!(failure.fix.contains("toolgate settings list"));
    }

    #[test]
    fn a_change_says_when_it_counts() {
        let mut setting = setting(
            "logs.level",
            SettingKind::Text,
            json!("info"),
            json!("info"),
        );
        assert_eq!(said(&setting), "logs.level is info, its default.");
        (setting.value, setting.restart) = (json!("debug"), true);
        assert_eq!(
            said(&setting),
            "logs.level is debug. It takes effect at the next start of the gateway."
        );
    }
}
