//! How JSON is read in the browser. What comes is parsed once, by one function, into [`Json`], and every type is made
//! out of that: so each type's reader is compiled for one source, without the sentences that serde would say about
//! what does not fit. (Parsed straight into the types, it was a fifth of the module.) serde's own `flatten`, `untagged`
//! and tagged enums would read through a second source of their own; such shapes are read by hand, over [`Members`].

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::SeqDeserializer,
    },
    forward_to_deserialize_any,
};
use std::{fmt, vec};

/// A `T` out of JSON.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, Malformed> {
    parse(json).and_then(make)
}

/// Any JSON.
pub fn parse(json: &str) -> Result<Json, Malformed> {
    serde_json::from_str(json).map_err(|_| Malformed)
}

/// A `T` out of what was parsed.
pub fn make<T: DeserializeOwned>(json: Json) -> Result<T, Malformed> {
    T::deserialize(json)
}

/// A shape that serde would buffer: `read` makes it out of the members of an object.
pub fn by_hand<'de, D: Deserializer<'de>, T>(
    from: D,
    read: fn(Members) -> Result<T, Malformed>,
) -> Result<T, D::Error> {
    let members = Json::deserialize(from)?.members();
    members.and_then(read).map_err(de::Error::custom)
}

/// It is not JSON, or not of the shape that belongs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not of the shape that was expected")
    }
}

impl std::error::Error for Malformed {}

impl de::Error for Malformed {
    fn custom<T: fmt::Display>(_: T) -> Malformed {
        Malformed
    }
}

/// Some JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    #[default]
    Null,
    Bool(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Members),
}

/// What stands in an object, in the order in which it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members(Vec<(String, Json)>);

impl Members {
    pub fn get(&self, name: &str) -> Option<&Json> {
        let mut all = self.0.iter();
        all.find_map(|(known, value)| (known == name).then_some(value))
    }

    pub fn set(&mut self, name: &str, value: Json) {
        self.0.push((name.to_owned(), value));
    }

    /// A member, out of the object; what is absent is read as `null`.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Malformed> {
        make(self.cut(name))
    }

    /// A member as it came.
    pub fn cut(&mut self, name: &str) -> Json {
        let at = self.0.iter().position(|(known, _)| known == name);
        at.map(|at| self.0.swap_remove(at).1).unwrap_or_default()
    }

    /// A `T` out of what is left: the flattened part.
    pub fn rest<T: DeserializeOwned>(self) -> Result<T, Malformed> {
        make(Json::Object(self))
    }
}

impl Json {
    /// An object of these.
    pub fn of<const N: usize>(members: [(&str, Json); N]) -> Json {
        let owned = members.map(|(name, value)| (name.to_owned(), value));
        Json::Object(Members(owned.into()))
    }

    /// As text.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The member of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.get(name),
            _ => None,
        }
    }

    pub fn members(self) -> Result<Members, Malformed> {
        match self {
            Json::Object(members) => Ok(members),
            _ => Err(Malformed),
        }
    }
}

impl From<bool> for Json {
    fn from(it: bool) -> Json {
        Json::Bool(it)
    }
}
impl From<i64> for Json {
    fn from(it: i64) -> Json {
        Json::Whole(it)
    }
}
impl From<String> for Json {
    fn from(it: String) -> Json {
        Json::Text(it)
    }
}
impl From<&str> for Json {
    fn from(it: &str) -> Json {
        Json::Text(it.to_owned())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => to.serialize_unit(),
            Json::Bool(it) => to.serialize_bool(*it),
            Json::Whole(it) => to.serialize_i64(*it),
            Json::Number(it) => to.serialize_f64(*it),
            Json::Text(it) => to.serialize_str(it),
            Json::List(all) => to.collect_seq(all),
            Json::Object(all) => to.collect_map(all.0.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Json, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, it: bool) -> Result<Json, E> {
                Ok(Json::Bool(it))
            }
            fn visit_i64<E>(self, it: i64) -> Result<Json, E> {
                Ok(Json::Whole(it))
            }
            fn visit_u64<E>(self, it: u64) -> Result<Json, E> {
                Ok(it.try_into().map_or(Json::Number(it as f64), Json::Whole))
            }
            fn visit_f64<E>(self, it: f64) -> Result<Json, E> {
                Ok(Json::Number(it))
            }
            fn visit_str<E>(self, it: &str) -> Result<Json, E> {
                Ok(Json::Text(it.to_owned()))
            }
            fn visit_string<E>(self, it: String) -> Result<Json, E> {
                Ok(Json::Text(it))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
                let mut all = vec![];
                while let Some(one) = from.next_element()? {
                    all.push(one);
                }
                Ok(Json::List(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
                let mut all = vec![];
                while let Some(one) = from.next_entry()? {
                    all.push(one);
                }
                Ok(Json::Object(Members(all)))
            }
        }
        from.deserialize_any(Any)
    }
}

impl de::IntoDeserializer<'_, Malformed> for Json {
    type Deserializer = Json;
    fn into_deserializer(self) -> Json {
        self
    }
}

/// Only what each type asks for is looked at, so that no reader is compiled for what never comes.
macro_rules! give {
    ($($($name:ident)* => $pattern:pat => |$visitor:ident| $give:expr;)*) => {$($(
        fn $name<V: Visitor<'de>>(self, $visitor: V) -> Result<V::Value, Malformed> {
            match self { $pattern => $give, _ => Err(Malformed) }
        }
    )*)*};
}

impl<'de> Deserializer<'de> for Json {
    type Error = Malformed;

    give! {
        deserialize_bool => Json::Bool(it) => |v| v.visit_bool(it);
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 => Json::Whole(it) => |v| v.visit_i64(it);
        deserialize_char deserialize_str deserialize_string deserialize_identifier => Json::Text(it) => |v| v.visit_string(it);
        deserialize_unit => Json::Null => |v| v.visit_unit();
        deserialize_seq => Json::List(it) => |v| v.visit_seq(SeqDeserializer::new(it.into_iter()));
        deserialize_map => Json::Object(it) => |v| v.visit_map(Walk { left: it.0.into_iter(), value: Json::Null });
    }

    fn deserialize_any<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Malformed> {
        match self {
            Json::Null => v.visit_unit(),
            Json::Bool(it) => v.visit_bool(it),
            Json::Whole(it) => v.visit_i64(it),
            Json::Number(it) => v.visit_f64(it),
            Json::Text(it) => v.visit_string(it),
            Json::List(_) => self.deserialize_seq(v),
            Json::Object(_) => self.deserialize_map(v),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Malformed> {
        match self {
            Json::Whole(it) => v.visit_i64(it),
            Json::Number(it) => v.visit_f64(it),
            _ => Err(Malformed),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Malformed> {
        match self {
            Json::Null => v.visit_none(),
            some => v.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        v: V,
    ) -> Result<V::Value, Malformed> {
        v.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, v: V) -> Result<V::Value, Malformed> {
        self.deserialize_seq(v)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        v: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_map(v)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        v: V,
    ) -> Result<V::Value, Malformed> {
        match self {
            Json::Text(name) => v.visit_enum(Variant(name, Json::Null)),
            Json::Object(Members(mut all)) if all.len() == 1 => match all.pop() {
                Some((name, value)) => v.visit_enum(Variant(name, value)),
                None => Err(Malformed),
            },
            _ => Err(Malformed),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, v: V) -> Result<V::Value, Malformed> {
        v.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 f32 bytes byte_buf unit_struct tuple_struct }
}

/// Through the members of an object.
struct Walk {
    left: vec::IntoIter<(String, Json)>,
    value: Json,
}

impl<'de> MapAccess<'de> for Walk {
    type Error = Malformed;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        key: K,
    ) -> Result<Option<K::Value>, Malformed> {
        let Some((name, value)) = self.left.next() else {
            return Ok(None);
        };
        self.value = value;
        key.deserialize(Json::Text(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Malformed> {
        seed.deserialize(std::mem::take(&mut self.value))
    }
}

/// One variant of an enum, and what it holds.
struct Variant(String, Json);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Malformed;
    type Variant = Json;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Json), Malformed> {
        Ok((seed.deserialize(Json::Text(self.0))?, self.1))
    }
}

impl<'de> VariantAccess<'de> for Json {
    type Error = Malformed;

    fn unit_variant(self) -> Result<(), Malformed> {
        match self {
            Json::Null => Ok(()),
            _ => Err(Malformed),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Malformed> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, v: V) -> Result<V::Value, Malformed> {
        self.deserialize_seq(v)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        v: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_map(v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        conversation::{Conversation, PublicConversation},
        error::Error,
        event::Event,
        inbox::Older,
        message::PublicMessage,
        thread::Thread,
    };

    const MESSAGE: &str = r#"{"id":"00000000-0000-0000-0000-000000000001","seq":7,"client_id":null,"conversation_id":"00000000-0000-0000-0000-000000000002","kind":"text","body":"\"Hé\"\n","author":{"kind":"agent","id":"00000000-0000-0000-0000-000000000003","name":"Sam"},"event":{"type":"joined"},"attachments":[],"created_at":"2026-11-20T20:00:00.000Z","edited_at":null}"#;

    fn conversation() -> String {
        format!(
            r#"{{"id":"00000000-0000-0000-0000-000000000002","status":"active","widget_id":"00000000-0000-0000-0000-000000000004","contact":{{"id":null,"name":"Ada","email":null}},"assignee":null,"reference":null,"last_message":{MESSAGE},"waiting_since":null,"contact_texts":1,"staff_texts":1,"staff_read_seq":3,"revision":7,"created_at":"2026-11-20T20:00:00.000Z","closed_at":null"#
        )
    }

    /// Read here and by serde_json it is the same, and written again it is what it was.
    fn same<T: DeserializeOwned + Serialize + PartialEq + fmt::Debug>(json: &str) {
        let here: T = read(json).unwrap_or_else(|_| panic!("{json}"));
        assert_eq!(here, serde_json::from_str(json).unwrap(), "{json}");
        assert_eq!(serde_json::to_string(&here).unwrap(), json);
    }

    #[test]
    fn what_is_read_here_is_what_serde_reads() {
        same::<Result<Older<PublicMessage>, Error>>(&format!(
            r#"{{"Ok":{{"messages":[{MESSAGE}],"more":true}}}}"#
        ));
        same::<Thread<PublicConversation>>(&format!(
            r#"{},"unread_count":2,"queue_position":null,"messages":[{MESSAGE}],"more":false,"me":"00000000-0000-0000-0000-000000000005","cursor":"7f3a0b1c.7"}}"#,
            conversation()
        ));
        for error in [
            r#"{"code":"not_found"}"#,
            r#"{"code":"offline"}"#,
            r#"{"code":"conflict","refusal":["too_long","most","1"]}"#,
            r#"{"code":"payload_too_large","limit":1024}"#,
            r#"{"code":"rate_limited","retry_after":5}"#,
            r#"{"code":"invalid","errors":{"body":[["empty"]]}}"#,
        ] {
            same::<Error>(error);
        }
    }

    #[test]
    fn every_kind_of_event_is_read() {
        let (id, rest) = (
            r#""conversation_id":"00000000-0000-0000-0000-000000000002""#,
            r#""cursor":"7f3a0b1c.7","at":"2026-11-20T20:00:00.000Z","workspace_id":"00000000-0000-0000-0000-000000000009""#,
        );
        let who = r#"{"kind":"agent","id":"00000000-0000-0000-0000-000000000003","name":"Sam"}"#;
        let face = r#"{"id":"00000000-0000-0000-0000-000000000003","name":"Sam"}"#;
        let snapshot = format!(r#"{{{id},"conversation":{}}}}}"#, conversation());
        for (kind, data) in [
            ("conversation.created", snapshot.clone()),
            ("conversation.updated", snapshot.clone()),
            (
                "conversation.updated",
                r#"{"id":"00000000-0000-0000-0000-000000000002","gone":true}"#.into(),
            ),
            ("conversation.assigned", snapshot.clone()),
            ("conversation.closed", snapshot.clone()),
            ("conversation.reopened", snapshot),
            (
                "message.created",
                format!(r#"{{{id},"message":{MESSAGE}}}"#),
            ),
            (
                "receipt.read",
                format!(
                    r#"{{{id},"reader":{{"kind":"agent","id":"00000000-0000-0000-0000-000000000003"}},"seq":7}}"#
                ),
            ),
            ("availability.changed", r#"{"online":true}"#.into()),
            (
                "typing",
                format!(r#"{{{id},"author":{who},"typing":true}}"#),
            ),
            (
                "presence",
                format!(r#"{{{id},"agent":{face},"here":false}}"#),
            ),
            ("reset", "{}".into()),
            ("ping", "{}".into()),
        ] {
            same::<Event<PublicConversation>>(&format!(
                r#"{{"type":"{kind}","data":{data},{rest}}}"#
            ));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for bad in ["", "[]", "{}", "{\"type\":\"ping\"}", "null", "{"] {
            assert_eq!(read::<Event<Conversation>>(bad), Err(Malformed), "{bad}");
        }
        assert_eq!(read::<i64>("1.5"), Err(Malformed));
        assert_eq!(read::<u8>("256"), Err(Malformed));
        assert_eq!(read::<f64>("3"), Ok(3.0));
        assert_eq!(read::<Option<String>>("null"), Ok(None));
        assert_eq!(read::<Error>(r#"{"code":"teapot"}"#), Err(Malformed));
    }
}
