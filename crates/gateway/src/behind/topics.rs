//! What tools are about, from their names.
//!
//! A word tells much about a server if many of its tools have it and few other servers do. Verbs
//! that every interface has tell little, and so does what the server's own name says already.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// Most topics of one server.
pub(crate) const MOST_TOPICS: usize = 4;

/// Letters of a word; what is longer is no word.
const LONGEST: usize = 20;

/// Words that join others, and those that every server could use.
static EMPTY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let words = "a about after all allowed an and any api app are as at be before by can current data \
        details do for from get has have id ids in info into is it its item list mcp me more \
        multiple my new no not of on one or other out per server set specific that the this to \
        tool tools up use user using v1 v2 via was what when which with your";
    words.split_whitespace().collect()
});

/// Verbs of any interface: they count when there is nothing better.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let words = "access add apply batch change check clear close copy count create delete \
        describe disable edit enable end execute fetch find format generate handle help insert \
        load lookup make manage modify move open perform post put query read remove rename \
        replace reset resolve restart retrieve run save search send show start status stop submit \
        switch sync take test toggle update upload validate verify view wait write";
    words.split_whitespace().collect()
});

/// The topics of each server, given as its slug and its tools' names; most telling first.
pub(super) fn of(servers: &[(&str, Vec<&str>)]) -> Vec<Vec<String>> {
    let counts: Vec<Counts> = servers
        .iter()
        .map(|(slug, names)| count(slug, names))
        .collect();
    let mut spread: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in counts.iter().flat_map(|counts| counts.keys()) {
        *spread.entry(unit).or_default() += 1;
    }
    counts
        .iter()
        .map(|counts| choose(counts, &spread, servers.len()))
        .collect()
}

/// Of each word or pair, by its stem: in how many names it is, which place it has among all, and
/// how it is shown.
type Counts = BTreeMap<String, Count>;

struct Count {
    names: u32,
    last: Option<usize>,
    place: usize,
    shown: String,
}

fn choose(counts: &Counts, spread: &BTreeMap<&str, usize>, servers: usize) -> Vec<String> {
    let score = |unit: &str, count: &Count| {
        let elsewhere = spread.get(unit).copied().unwrap_or(1);
        let weight = if COMMON.contains(unit) { 0.1 } else { 1.0 };
        f64::from(count.names) * rarity(servers, elsewhere) * weight
    };
    let mut ranked: Vec<(f64, &Count)> = counts
        .iter()
        .map(|(unit, count)| (score(unit, count), count))
        .collect();
    ranked.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.place.cmp(&y.place)));
    let best = ranked.into_iter().take(MOST_TOPICS);
    best.map(|(_, count)| count.shown.clone()).collect()
}

/// How much it says that a word is used by `with` of `all` servers.
fn rarity(all: usize, with: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    (1.0 + float(all) / float(with)).ln()
}

fn count(slug: &str, names: &[&str]) -> Counts {
    let own = words(slug);
    let tells = |word: &Word| {
        let letters = word.text.chars().count();
        (2..=LONGEST).contains(&letters)
            && !word.text.bytes().all(|c| c.is_ascii_digit())
            && !EMPTY.contains(word.text.as_str())
            && !own.iter().any(|own| own.stem() == word.stem())
    };
    let split: Vec<Vec<Word>> = names.iter().map(|name| words(name)).collect();
    let pairs = pairs(&split);
    let mut counts = Counts::new();
    for (name, words) in split.iter().enumerate() {
        for unit in join(words, &pairs) {
            if !unit.iter().all(tells) {
                continue;
            }
            let place = counts.len();
            let shown = unit.iter().map(|word| word.text.as_str());
            let shown = shown.collect::<Vec<_>>().join(" ");
            let known = counts.entry(stem_of(unit)).or_insert_with(|| Count {
                names: 0,
                last: None,
                place,
                shown: shown.clone(),
            });
            known.names += u32::from(known.last != Some(name));
            known.last = Some(name);
            // Of `issue` and `issues`, the plural reads better.
            if shown.len() > known.shown.len() {
                known.shown = shown;
            }
        }
    }
    counts
}

fn stem_of(unit: &[Word]) -> String {
    unit.iter().map(Word::stem).collect::<Vec<_>>().join(" ")
}

/// Pairs of stems that mostly stand together, such as `pull request`.
fn pairs(names: &[Vec<Word>]) -> HashSet<(&str, &str)> {
    let mut single: HashMap<&str, u32> = HashMap::new();
    let mut double: HashMap<(&str, &str), u32> = HashMap::new();
    for words in names {
        for word in words {
            *single.entry(word.stem()).or_default() += 1;
        }
        for pair in words.windows(2) {
            *double.entry((pair[0].stem(), pair[1].stem())).or_default() += 1;
        }
    }
    let mostly = |(first, second): &(&str, &str), count: u32| {
        count >= 2 && count * 2 > single[first] && count * 2 > single[second]
    };
    double.retain(|pair, count| mostly(pair, *count));
    double.into_keys().collect()
}

/// The words of a name, one by one or in pairs.
fn join<'a>(words: &'a [Word], pairs: &HashSet<(&str, &str)>) -> Vec<&'a [Word]> {
    let is_dull = |word: &Word| {
        let text = word.text.as_str();
        COMMON.contains(text) || EMPTY.contains(text)
    };
    let is_pair = |first: &Word, second: &Word| {
        pairs.contains(&(first.stem(), second.stem())) && !is_dull(first) && !is_dull(second)
    };
    let mut units = Vec::with_capacity(words.len());
    let mut rest = words;
    while let [first, others @ ..] = rest {
        let paired = others.first().is_some_and(|second| is_pair(first, second));
        let (unit, after) = rest.split_at(if paired { 2 } else { 1 });
        units.push(unit);
        rest = after;
    }
    units
}

/// A word of a name, in small letters.
#[derive(Debug, PartialEq)]
struct Word {
    text: String,
    /// `issue` for `issues`, `story` for `stories`, where that is not the text itself.
    singular: Option<String>,
}

impl Word {
    fn new(text: String) -> Self {
        let singular = match text.strip_suffix("ies").filter(|start| start.len() > 1) {
            Some(start) => Some(format!("{start}y")),
            None if text.len() <= 3 || text.ends_with("ss") || text.ends_with("us") => None,
            None => text.strip_suffix('s').map(str::to_owned),
        };
        Self { text, singular }
    }

    /// One form for singular and plural.
    fn stem(&self) -> &str {
        self.singular.as_deref().unwrap_or(&self.text)
    }
}

/// `createPullRequest`, `create-pull_request` and `create.pull.request` as three words.
fn words(name: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut after_small = false;
    for c in name.chars() {
        if (!c.is_alphanumeric() || (c.is_uppercase() && after_small)) && !word.is_empty() {
            words.push(Word::new(std::mem::take(&mut word)));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        after_small = c.is_lowercase() || c.is_ascii_digit();
    }
    words.extend((!word.is_empty()).then(|| Word::new(word)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(servers: &[(&str, &str)]) -> Vec<String> {
        let servers: Vec<(&str, Vec<&str>)> = servers
            .iter()
            .map(|(slug, names)| (*slug, names.split(' ').collect()))
            .collect();
        of(&servers)
            .iter()
            .map(|topics| topics.join(", "))
            .collect()
    }

    #[test]
    fn what_is_frequent_here_and_rare_elsewhere_comes_first() {
        let github = "create_issue list_issues get_issue create_pull_request list_pull_requests \
                      merge_pull_request search_code get_file create_file";
        let slack = "send_message list_channels get_channel list_files";
        let playwright = "browser_click browser_navigate browser_take_screenshot browser_tabs";
        let files = "read_file write_file list_directory list_allowed_directories get_file_info";
        let servers = [
            ("github", github),
            ("slack", slack),
            ("playwright", playwright),
            ("filesystem", files),
        ];
        insta::assert_snapshot!(topics(&servers).join("\n"), @r"
    issues, pull requests, file, merge
    channels, message, files, send
    browser, click, navigate, screenshot
    directories, file, read, write
    ");
    }

    #[test]
    fn a_name_is_not_said_twice_and_a_number_says_nothing() {
        let servers = [
            ("time", "get_time convert_time"),
            ("a", "a get_2 list_1234"),
            ("b", ""),
        ];
        assert_eq!(topics(&servers), ["convert", "", ""]);
    }

    fn split(name: &str) -> Vec<String> {
        words(name).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn names_are_split_as_they_were_put_together() {
        for name in [
            "createPullRequest",
            "create-pull_request",
            "create.pull/request",
            "CreatePull__request",
        ] {
            assert_eq!(split(name), ["create", "pull", "request"], "{name}");
        }
        assert_eq!(split("sha256Sum"), ["sha256", "sum"]);
        assert!(split("_").is_empty());
    }
}
