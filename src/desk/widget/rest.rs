//! Doors for programs: widgets for staff, and what a launcher and a visitor ask without a token.

use super::ops::{self, visit::BeginForm};
use crate::base::{
    etag::if_match,
    net::ClientAddress,
    problem::{Json, Path, Problem},
};
use crate::desk::account::ops::{
    device_label,
    who::{Admin, Staff, from_anywhere},
};
use crate::desk::contact::rest::{ContactOut, ReferenceIn};
use crate::desk::state::Desk;
use crate::model::refusal::Refusal;
use crate::model::{
    error::Result,
    id::WidgetId,
    text::{Check, OutsideUrl},
    widget::{Appearance, Policy, Position, Preset, Widget, WidgetConfig, WidgetForm},
};
use axum::{
    extract::{FromRef, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub fn doors<S>() -> OpenApiRouter<S>
where
    Desk: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, change, delete))
        .routes(routes!(config))
        .routes(routes!(begin))
}

#[derive(Serialize, ToSchema)]
#[schema(as = Appearance)]
struct AppearanceOut {
    /// `#rrggbb`
    primary_color: String,
    secondary_color: String,
    #[schema(example = "bottom-right")]
    position: String,
    /// `teal`, `gold`, `blue` or `custom`
    preset: String,
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
struct WidgetOut {
    id: Uuid,
    name: String,
    enabled: bool,
    domains: Vec<String>,
    /// `anyone`, `email_required` or `verified_only`
    policy: String,
    welcome_message: String,
    offline_message: String,
    #[schema(inline)]
    appearance: AppearanceOut,
    auto_open_delay_ms: Option<u32>,
    allow_file_uploads: bool,
    show_agent_avatars: bool,
    /// The widget whose customers this one's secret vouches for: itself, unless it shares another's.
    customer_source: Uuid,
    /// The code for the site.
    snippet: String,
}

impl WidgetOut {
    fn of(desk: &Desk, w: Widget) -> Self {
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
struct WidgetsOut {
    #[schema(inline)]
    items: Vec<WidgetOut>,
    next_cursor: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppearanceIn {
    primary_color: Option<String>,
    secondary_color: Option<String>,
    /// `bottom-right` or `bottom-left`
    position: Option<String>,
    /// `teal`, `gold`, `blue`, or `custom` for the two colours
    preset: Option<String>,
}

/// Fields that are absent stay as they are; a new widget needs `name` and `domains` only.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WidgetIn {
    name: Option<String>,
    enabled: Option<bool>,
    domains: Option<Vec<String>>,
    policy: Option<String>,
    welcome_message: Option<String>,
    offline_message: Option<String>,
    #[schema(inline)]
    appearance: Option<AppearanceIn>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<u32>)]
    auto_open_delay_ms: Option<Option<u32>>,
    allow_file_uploads: Option<bool>,
    show_agent_avatars: Option<bool>,
    /// Another widget of yours whose customers are these as well: the same `user_id` is then the same person. `null`:
    /// its own.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Uuid>)]
    customer_source: Option<Option<Uuid>>,
}

/// `null` is something that was said.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// A [`WidgetIn`] whose words are known.
struct Edit {
    said: WidgetIn,
    policy: Option<Policy>,
    position: Option<Position>,
    preset: Option<Preset>,
}

impl WidgetIn {
    /// Upon what a new widget starts with.
    pub(crate) fn form(self) -> Result<WidgetForm> {
        Ok(self.checked()?.apply(WidgetForm::default()))
    }

    fn checked(self) -> Result<Edit> {
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
    fn apply(self, now: WidgetForm) -> WidgetForm {
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

fn tagged(status: StatusCode, desk: &Desk, widget: Widget) -> Response {
    let tag = format!("\"{}\"", widget.revision);
    (
        status,
        [(header::ETAG, tag)],
        axum::Json(WidgetOut::of(desk, widget)),
    )
        .into_response()
}

/// Every widget.
#[utoipa::path(get, path = "/widgets", tag = "widgets", responses(
    (status = 200, body = WidgetsOut),
    (status = 401, description = "unauthorized"), (status = 403, description = "forbidden: visitors")))]
async fn list(staff: Staff) -> Result<axum::Json<WidgetsOut>, Problem> {
    let all = ops::widgets(&staff).await?;
    let items = all
        .into_iter()
        .map(|w| WidgetOut::of(staff.desk(), w))
        .collect();
    Ok(axum::Json(WidgetsOut {
        items,
        next_cursor: None,
    }))
}

/// A new widget.
#[utoipa::path(post, path = "/widgets", tag = "widgets", request_body = WidgetIn, responses(
    (status = 201, body = WidgetOut), (status = 400, description = "malformed"),
    (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"), (status = 422, description = "invalid")))]
async fn create(admin: Admin, Json(said): Json<WidgetIn>) -> Result<Response, Problem> {
    let mut check = Check::default();
    if said.name.is_none() {
        check.fail("name", Refusal::widget_needs_name());
    }
    if said.domains.is_none() {
        check.fail("domains", Refusal::widget_needs_domains());
    }
    check.done()?;
    let made = ops::create(&admin, said.form()?).await?;
    Ok(tagged(StatusCode::CREATED, admin.desk(), made))
}

/// One widget, with its revision as `ETag`.
#[utoipa::path(get, path = "/widgets/{id}", tag = "widgets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = WidgetOut), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 404, description = "not_found")))]
async fn one(staff: Staff, Path(id): Path<WidgetId>) -> Result<Response, Problem> {
    let found = ops::widget(&staff, id).await?;
    Ok(tagged(StatusCode::OK, staff.desk(), found))
}

/// Change some of a widget; with `If-Match` only if nobody else did meanwhile.
#[utoipa::path(patch, path = "/widgets/{id}", tag = "widgets", request_body = WidgetIn,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), responses(
    (status = 200, body = WidgetOut), (status = 400, description = "malformed"), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 404, description = "not_found"),
    (status = 409, description = "conflict: changed in the meantime"), (status = 422, description = "invalid")))]
async fn change(
    admin: Admin,
    Path(id): Path<WidgetId>,
    headers: HeaderMap,
    Json(said): Json<WidgetIn>,
) -> Result<Response, Problem> {
    let edit = said.checked()?;
    let saved = ops::change(&admin, id, if_match(&headers), |now| edit.apply(now)).await?;
    Ok(tagged(StatusCode::OK, admin.desk(), saved))
}

/// Delete a widget that nobody ever wrote to; others can be disabled.
#[utoipa::path(delete, path = "/widgets/{id}", tag = "widgets", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: it has conversations, or is the desk's own")))]
async fn delete(admin: Admin, Path(id): Path<WidgetId>) -> Result<StatusCode, Problem> {
    ops::delete(&admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct ConfigLooks {
    #[serde(flatten)]
    looks: AppearanceOut,
    /// Black or white, whichever reads better on the primary colour.
    ink: String,
}

/// What a launcher may know.
#[derive(Serialize, ToSchema)]
#[schema(as = WidgetConfig)]
struct ConfigOut {
    id: Uuid,
    online: bool,
    name: String,
    welcome_message: String,
    offline_message: String,
    #[schema(inline)]
    appearance: ConfigLooks,
    policy: String,
    auto_open_delay_ms: Option<u32>,
    allow_file_uploads: bool,
    max_file_bytes: usize,
    show_agent_avatars: bool,
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

/// What the launcher needs. Any page may read it, without credentials.
#[utoipa::path(get, path = "/widgets/{id}/config", tag = "widgets", params(("id" = Uuid, Path)), security(()), responses(
    (status = 200, body = ConfigOut), (status = 404, description = "not_found: unknown or disabled")))]
async fn config(
    State(desk): State<Desk>,
    parts: Parts,
    id: Result<Path<WidgetId>, Problem>,
) -> Response {
    let origin = parts.headers.get(header::ORIGIN);
    let origin = origin.and_then(|o| o.to_str().ok());
    let found = async {
        from_anywhere(&desk, &parts)?;
        Ok::<_, Problem>(ops::config(&desk, id?.0, origin).await?)
    };
    let mut answer = match found.await {
        Ok(config) => axum::Json(ConfigOut::from(config)).into_response(),
        Err(problem) => problem.into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VisitorIn {
    name: Option<String>,
    email: Option<String>,
    page_url: Option<String>,
    #[schema(inline)]
    reference: Option<ReferenceIn>,
    /// The host site's own id of this person.
    user_id: Option<String>,
    /// `hex(HMAC-SHA256(widget secret, user_id))`
    user_hash: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VisitorSession)]
struct VisitorOut {
    /// Shown this once; a bearer token for this widget and contact.
    token: String,
    #[schema(inline)]
    contact: ContactOut,
}

/// Begin as a visitor of a widget.
#[utoipa::path(post, path = "/widgets/{id}/visitors", tag = "widgets", params(("id" = Uuid, Path)), security(()),
    request_body = VisitorIn, responses(
    (status = 201, body = VisitorOut), (status = 400, description = "malformed"), (status = 404, description = "not_found: unknown or disabled"),
    (status = 422, description = "invalid: the widget's policy requires more, or the hash is wrong"), (status = 429, description = "rate_limited")))]
async fn begin(
    State(desk): State<Desk>,
    Path(id): Path<WidgetId>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(said): Json<VisitorIn>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    let page_url = said
        .page_url
        .filter(|u| !u.is_empty())
        .and_then(|u| check.take::<OutsideUrl>("page_url", &u));
    check.done()?;
    let reference = said.reference.map(|r| r.checked()).transpose()?;
    let form = BeginForm {
        name: said.name,
        email: said.email,
        page_url,
        reference,
        user_id: said.user_id,
        user_hash: said.user_hash,
    };
    let begun = ops::visit::begin(&desk, id, form, address, &device_label(&headers)).await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(VisitorOut {
            token: begun.token,
            contact: begun.contact.into(),
        }),
    )
        .into_response())
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
