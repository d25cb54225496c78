//! What the doors take and answer with.

use crate::desk::contact::rest::{ContactOut, ReferenceIn};
use crate::desk::state::Desk;
use crate::model::{
    error::Result,
    id::WidgetId,
    text::Check,
    widget::{Appearance, Policy, Position, Preset, Widget, WidgetConfig, WidgetForm},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = Appearance)]
pub(super) struct AppearanceOut {
    /// `#rrggbb`
    pub(super) primary_color: String,
    pub(super) secondary_color: String,
    #[schema(example = "bottom-right")]
    pub(super) position: String,
    /// `teal`, `gold`, `blue` or `custom`
    pub(super) preset: String,
}

impl From<Appearance> for AppearanceOut {
    fn from(a: Appearance) -> Self {
        AppearanceOut {
            primary_color: a.primary_color.into(),
            secondary_color: a.secondary_color.into(),
            position: a.position.to_string(),
            preset: a.preset.to_string(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Widget)]
pub(super) struct WidgetOut {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) domains: Vec<String>,
    /// `anyone`, `email_required` or `verified_only`
    pub(super) policy: String,
    pub(super) welcome_message: String,
    pub(super) offline_message: String,
    #[schema(inline)]
    pub(super) appearance: AppearanceOut,
    pub(super) auto_open_delay_ms: Option<u32>,
    pub(super) allow_file_uploads: bool,
    pub(super) show_agent_avatars: bool,
    /// The widget whose customers this one's secret vouches for: itself, unless it shares another's.
    pub(super) customer_source: Uuid,
    /// The code for the site.
    pub(super) snippet: String,
}

impl WidgetOut {
    pub(super) fn of(desk: &Desk, w: Widget) -> Self {
        WidgetOut {
            snippet: w.snippet(&desk.config().origin()),
            id: w.id.0,
            name: w.name,
            enabled: w.enabled,
            domains: w.domains.iter().map(ToString::to_string).collect(),
            policy: w.policy.to_string(),
            welcome_message: w.welcome_message,
            offline_message: w.offline_message,
            appearance: w.appearance.into(),
            auto_open_delay_ms: w.auto_open_delay_ms,
            allow_file_uploads: w.allow_file_uploads,
            show_agent_avatars: w.show_agent_avatars,
            customer_source: w.source.0,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = WidgetList)]
pub(super) struct WidgetsOut {
    #[schema(inline)]
    pub(super) items: Vec<WidgetOut>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppearanceIn {
    pub(super) primary_color: Option<String>,
    pub(super) secondary_color: Option<String>,
    /// `bottom-right` or `bottom-left`
    pub(super) position: Option<String>,
    /// `teal`, `gold`, `blue`, or `custom` for the two colours
    pub(super) preset: Option<String>,
}

/// Fields that are absent stay as they are; a new widget needs `name` and `domains` only.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WidgetIn {
    pub(super) name: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) domains: Option<Vec<String>>,
    pub(super) policy: Option<String>,
    pub(super) welcome_message: Option<String>,
    pub(super) offline_message: Option<String>,
    #[schema(inline)]
    pub(super) appearance: Option<AppearanceIn>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<u32>)]
    pub(super) auto_open_delay_ms: Option<Option<u32>>,
    pub(super) allow_file_uploads: Option<bool>,
    pub(super) show_agent_avatars: Option<bool>,
    /// Another widget of yours whose customers are these as well: the same `user_id` is then the same person. `null`:
    /// its own.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Uuid>)]
    pub(super) customer_source: Option<Option<Uuid>>,
}

/// `null` is something that was said.
pub(super) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// A [`WidgetIn`] whose words are known.
pub(super) struct Edit {
    pub(super) said: WidgetIn,
    pub(super) policy: Option<Policy>,
    pub(super) position: Option<Position>,
    pub(super) preset: Option<Preset>,
}

impl WidgetIn {
    /// Upon what a new widget starts with.
    pub(crate) fn form(self) -> Result<WidgetForm> {
        Ok(self.checked()?.apply(WidgetForm::default()))
    }

    pub(super) fn checked(self) -> Result<Edit> {
        let mut check = Check::default();
        let looks = self.appearance.as_ref();
        let policy = self.policy.as_deref().and_then(|p| check.take("policy", p));
        let position = looks
            .and_then(|a| a.position.as_deref())
            .and_then(|p| check.take("position", p));
        let preset = looks
            .and_then(|a| a.preset.as_deref())
            .and_then(|p| check.take("preset", p));
        check.done()?;
        Ok(Edit {
            said: self,
            policy,
            position,
            preset,
        })
    }
}

impl Edit {
    pub(super) fn apply(self, now: WidgetForm) -> WidgetForm {
        let Edit {
            said,
            policy,
            position,
            preset,
        } = self;
        let looks = said.appearance.unwrap_or_default();
        let colored = looks.primary_color.is_some() || looks.secondary_color.is_some();
        WidgetForm {
            name: said.name.unwrap_or(now.name),
            enabled: said.enabled.unwrap_or(now.enabled),
            domains: said.domains.unwrap_or(now.domains),
            policy: policy.unwrap_or(now.policy),
            welcome_message: said.welcome_message.unwrap_or(now.welcome_message),
            offline_message: said.offline_message.unwrap_or(now.offline_message),
            primary_color: looks.primary_color.unwrap_or(now.primary_color),
            secondary_color: looks.secondary_color.unwrap_or(now.secondary_color),
            position: position.unwrap_or(now.position),
            // A colour of one's own leaves the preset.
            preset: preset.unwrap_or(if colored { Preset::Custom } else { now.preset }),
            auto_open_delay_ms: said.auto_open_delay_ms.unwrap_or(now.auto_open_delay_ms),
            allow_file_uploads: said.allow_file_uploads.unwrap_or(now.allow_file_uploads),
            show_agent_avatars: said.show_agent_avatars.unwrap_or(now.show_agent_avatars),
            source: (said.customer_source).map_or(now.source, |source| source.map(WidgetId)),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct ConfigLooks {
    #[serde(flatten)]
    pub(super) looks: AppearanceOut,
    /// Black or white, whichever reads better on the primary colour.
    pub(super) ink: String,
}

/// What a launcher may know.
#[derive(Serialize, ToSchema)]
#[schema(as = WidgetConfig)]
pub(super) struct ConfigOut {
    pub(super) id: Uuid,
    pub(super) online: bool,
    pub(super) name: String,
    pub(super) welcome_message: String,
    pub(super) offline_message: String,
    #[schema(inline)]
    pub(super) appearance: ConfigLooks,
    pub(super) policy: String,
    pub(super) auto_open_delay_ms: Option<u32>,
    pub(super) allow_file_uploads: bool,
    pub(super) max_file_bytes: usize,
    pub(super) show_agent_avatars: bool,
}

impl From<WidgetConfig> for ConfigOut {
    fn from(c: WidgetConfig) -> Self {
        ConfigOut {
            id: c.id.0,
            online: c.online,
            name: c.name,
            welcome_message: c.welcome_message,
            offline_message: c.offline_message,
            appearance: ConfigLooks {
                looks: c.appearance.into(),
                ink: c.ink.into(),
            },
            policy: c.policy.to_string(),
            auto_open_delay_ms: c.auto_open_delay_ms,
            allow_file_uploads: c.allow_file_uploads,
            max_file_bytes: c.max_file_bytes,
            show_agent_avatars: c.show_agent_avatars,
        }
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VisitorIn {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) page_url: Option<String>,
    #[schema(inline)]
    pub(super) reference: Option<ReferenceIn>,
    /// The host site's own id of this person.
    pub(super) user_id: Option<String>,
    /// `hex(HMAC-SHA256(widget secret, user_id))`
    pub(super) user_hash: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitorSession)]
pub(super) struct VisitorOut {
    /// Shown this once; a bearer token for this widget and contact.
    pub(super) token: String,
    #[schema(inline)]
    pub(super) contact: ContactOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_alone_leaves_the_preset_and_null_is_said() {
        let edit = |json: &str| {
            serde_json::from_str::<WidgetIn>(json)
                .unwrap()
                .checked()
                .unwrap()
                .apply(WidgetForm {
                    auto_open_delay_ms: Some(5),
                    ..WidgetForm::default()
                })
        };
        let same = edit("{}");
        assert_eq!(
            (same.preset, same.auto_open_delay_ms),
            (Preset::Blue, Some(5))
        );
        assert_eq!(
            edit(r##"{"appearance":{"primary_color":"#112233"}}"##).preset,
            Preset::Custom
        );
        assert_eq!(
            edit(r#"{"auto_open_delay_ms":null}"#).auto_open_delay_ms,
            None
        );
        assert!(serde_json::from_str::<WidgetIn>(r#"{"colour":1}"#).is_err());
        let wrong = serde_json::from_str::<WidgetIn>(r#"{"policy":"nobody"}"#)
            .unwrap()
            .checked()
            .err()
            .unwrap();
        assert!(
            matches!(wrong, crate::model::error::Error::Invalid { errors } if errors.contains_key("policy"))
        );
    }
}
