//! JSON kept as text, and a shallow view into objects of it.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// One JSON value as the text it arrived in.
pub type Raw = Box<RawValue>;

/// Turns any value of ours into raw JSON.
///
/// Our own types serialise without fail: they hold no maps with keys that are not text and no
/// floats that JSON lacks. Should one ever do, the answer is `null`, not a panic.
pub fn raw(value: &(impl Serialize + ?Sized)) -> Raw {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// A JSON string as raw JSON.
pub fn raw_str(text: &str) -> Raw {
    raw(text)
}

/// A JSON object one level deep: keys in their order, values as raw text.
///
/// Setting a key keeps its place; unknown keys are carried along. Of a key given twice, the last
/// value counts, as in JavaScript and Python.
#[derive(Clone, Default)]
pub struct RawObject(Vec<(String, Raw)>);

impl RawObject {
    /// Parses an object; `None` for any other JSON value.
    pub fn parse(value: &RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    /// Parses an object, taking an absent one as empty.
    pub fn parse_or_empty(value: Option<&RawValue>) -> Option<Self> {
        value.map_or_else(|| Some(Self::default()), Self::parse)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_ref())
    }

    /// The value of a key, decoded; `None` if absent or of another type.
    pub fn get_as<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.get(key)
            .and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// The value of a key as an object; `None` if absent or not an object.
    pub fn object(&self, key: &str) -> Option<Self> {
        self.get(key).and_then(Self::parse)
    }

    /// Sets a key, in its old place if it had one.
    pub fn set(&mut self, key: &str, value: Raw) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) -> Option<Raw> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(at).1)
    }

    /// Edits the object's `_meta`, an absent one taken as empty; an empty one is left out.
    pub fn edit_meta<T>(&mut self, edit: impl FnOnce(&mut Self) -> T) -> T {
        let mut meta = self.object("_meta").unwrap_or_default();
        let edited = edit(&mut meta);
        if meta.is_empty() {
            self.remove("_meta");
        } else {
            self.set("_meta", meta.to_raw());
        }
        edited
    }

    /// Of keys given more than once, keeps the first place and the last value. Takes time in
    /// proportion to the number of keys, which a hostile sender chooses.
    fn keep_last_of_each(&mut self) {
        let repeats = |place: usize| {
            self.0[..place]
                .iter()
                .any(|(key, _)| *key == self.0[place].0)
        };
        // The usual object has a few keys, each once; finding that out needs no memory.
        if self.0.len() <= 16 && !(1..self.0.len()).any(repeats) {
            return;
        }
        let mut places: HashMap<String, usize> = HashMap::with_capacity(self.0.len());
        let mut kept: Vec<(String, Raw)> = Vec::with_capacity(self.0.len());
        for (key, value) in std::mem::take(&mut self.0) {
            if let Some(place) = places.get(&key) {
                kept[*place].1 = value;
            } else {
                places.insert(key.clone(), kept.len());
                kept.push((key, value));
            }
        }
        self.0 = kept;
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_ref()))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object as raw JSON.
    pub fn to_raw(&self) -> Raw {
        raw(self)
    }
}

impl fmt::Debug for RawObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may hold what a user typed; keys are enough to debug with.
        f.debug_list()
            .entries(self.0.iter().map(|(key, _)| key))
            .finish()
    }
}

impl Serialize for RawObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = RawObject;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawObject, A::Error> {
                let mut object = RawObject(Vec::with_capacity(map.size_hint().unwrap_or(8)));
                while let Some(entry) = map.next_entry::<String, Raw>()? {
                    object.0.push(entry);
                }
                object.keep_last_of_each();
                Ok(object)
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> RawObject {
        serde_json::from_str(text).expect("an object")
    }

    #[test]
    fn what_is_not_touched_keeps_its_text() {
        let mut object = parse(r#"{"z":1.0,"a":{"x" : 1e3},"n":12345678901234567890.10}"#);
        object.set("a", raw_str("new"));
        assert_eq!(
            object.to_raw().get(),
            r#"{"z":1.0,"a":"new","n":12345678901234567890.10}"#
        );
    }

    #[test]
    fn an_empty_meta_is_left_out() {
        let mut object = parse(r#"{"a":1}"#);
        object.edit_meta(|meta| meta.set("k", raw(&1)));
        assert_eq!(object.to_raw().get(), r#"{"a":1,"_meta":{"k":1}}"#);
        assert!(object.edit_meta(|meta| meta.remove("k").is_some()));
        assert_eq!(object.to_raw().get(), r#"{"a":1}"#);
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        let object = parse(r#"{"a":1,"b":2,"a":3}"#);
        assert_eq!(object.get_as::<u8>("a"), Some(3));
        assert_eq!(object.iter().count(), 2);
    }

    #[test]
    fn a_million_keys_take_a_moment() {
        let keys: Vec<String> = (0..1_000_000).map(|n| format!("\"{n}\":{n}")).collect();
        let object = parse(&format!("{{{},\"7\":0}}", keys.join(",")));
        assert_eq!(object.iter().count(), 1_000_000);
        assert_eq!(object.get_as::<u8>("7"), Some(0));
    }

    #[test]
    fn other_values_are_not_objects() {
        for text in ["[]", "1", "null", "\"x\""] {
            let value: Raw = serde_json::from_str(text).expect("JSON");
            assert!(RawObject::parse(&value).is_none(), "{text}");
        }
    }
}
