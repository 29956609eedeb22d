//! The section of the desktop: how it looks and what it tells of.

use model::{Language, Preferences, Theme};

use super::globals::set;
use super::keys;
use super::section::Section;

const LANGUAGES: [(&str, Language); 4] = [
    ("auto", Language::Auto),
    ("en", Language::En),
    ("de", Language::De),
    ("es", Language::Es),
];

const THEMES: [(&str, Theme); 3] = [
    ("auto", Theme::Auto),
    ("light", Theme::Light),
    ("dark", Theme::Dark),
];

/// Reads what is set; the rest stays as it is.
pub(super) fn read(section: &mut Section<'_, '_, '_>, preferences: &mut Preferences) {
    keys::check(section, &keys::DESKTOP, &[]);
    set(
        &mut preferences.language,
        section.choice("language", &LANGUAGES),
    );
    set(&mut preferences.theme, section.choice("theme", &THEMES));
    set(
        &mut preferences.start_at_login,
        section.flag("startAtLogin"),
    );
    set(
        &mut preferences.check_for_updates,
        section.flag("checkForUpdates"),
    );
    if let Some(mut notices) = section.child("notices") {
        keys::check(&mut notices, &keys::NOTICES, &[]);
        let wanted = &mut preferences.notices;
        set(&mut wanted.review, notices.flag("review"));
        set(&mut wanted.sign_in, notices.flag("signIn"));
        set(&mut wanted.problems, notices.flag("problems"));
        let usable = notices.is_usable();
        section.require(usable);
    }
}
