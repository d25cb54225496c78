//! Every door, asked by a stranger.

use super::*;
use crate::test::TestDesk;
use axum::{body::Body, http::Method};
use std::collections::BTreeSet;

/// Doors that anybody may use. (Signing in answers a stranger 401 as well: its own stories are told in `account`.) A new door is not in this list until somebody decides so.
pub(super) const OPEN: &[&str] = &[
    "get /api/v1/health",
    "get /api/v1/health/ready",
    "get /api/v1/availability",
    "post /api/v1/sessions",
    "get /api/v1/widgets/{id}/config",
    "post /api/v1/widgets/{id}/visitors",
    "post /_fn/deskbell/desk/account/api/front_page",
    "post /_fn/deskbell/desk/account/api/guide_page",
    "post /_fn/deskbell/desk/account/api/look_at_link",
    "post /_fn/deskbell/desk/account/api/set_up",
    "post /_fn/deskbell/desk/account/api/accept",
    "post /_fn/deskbell/desk/account/api/choose_password",
    "post /_fn/deskbell/desk/account/api/enter_by_link",
    "post /_fn/deskbell/desk/conversation/api/enter_thread",
    // A visitor has no session before the first of these.
    "post /_fn/deskbell/desk/widget/api/begin",
    "post /_fn/deskbell/desk/conversation/api/open_chat",
    "post /_fn/deskbell/desk/conversation/api/say_plain",
];

crate::stories! {
    every_door_refuses_a_stranger,
}

pub(super) async fn every_door_refuses_a_stranger(desk: TestDesk) {
    let nobody = desk.nobody();
    let document = serde_json::to_value(crate::serve::document()).unwrap();
    let mut doors: Vec<(String, String)> = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        doors.extend(
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|m| (m.clone(), path.clone())),
        );
    }
    doors.extend(
        leptos::server_fn::axum::server_fn_paths()
            .map(|(path, method)| (method.to_string().to_lowercase(), path.to_owned())),
    );
    assert!(
        doors.len() > 70,
        "{} doors: some are not counted",
        doors.len()
    );
    assert!(
        doors
            .iter()
            .filter(|(_, p)| p.starts_with("/_fn/"))
            .all(|(m, _)| m == "post"),
        "nothing of the pages' changes by GET"
    );

    let id = uuid::Uuid::now_v7();
    // Whatever any function may want, so that it is the asker who is refused and not the form.
    let form = format!(
        "conversation={id}&contact={id}&client={id}&widget={id}&agent={id}&session={id}&id={id}&body=x&kind=reply&view=mine&before=1&seq=1&typing=true&here=true\
         &until=2099-01-01T00:00:00.000Z&email=a%40b.example&name=A&role=agent&availability=online&reason=&host=&auto_assign=true&assignment=auto&time_zone=UTC&revision=1&token=x\
         &workspace=A&password=long+enough+indeed&current=x&keep=false&page_url=&user_id=u&user_hash=h&domains=&policy=anyone&welcome_message=&offline_message=\
         &primary_color=%23000000&secondary_color=%23000000&position=bottom-right&preset=blue&auto_open_delay=&enabled=true&source={id}"
    );
    let (mut unexpected, mut met) = (vec![], BTreeSet::new());
    for (method, path) in &doors {
        let door = format!("{method} {path}");
        let filled = path
            .split('/')
            .map(|p| {
                if p.starts_with('{') {
                    id.to_string()
                } else {
                    p.to_owned()
                }
            })
            .collect::<Vec<_>>()
            .join("/");
        let pages = path.starts_with("/_fn/");
        let (kind, body) = if pages {
            ("application/x-www-form-urlencoded", form.clone())
        } else {
            ("application/json", "{}".into())
        };
        let method: Method = method.to_uppercase().parse().unwrap();
        let request = nobody
            .request(method, &format!("/{filled}"))
            .header("content-type", kind)
            .header("accept", "application/json");
        let reply = nobody.ask(request.body(Body::from(body)).unwrap()).await;
        let open = OPEN.contains(&door.as_str());
        met.insert(door.clone());
        if (reply.status == 401) == open {
            unexpected.push(format!(
                "{door}: {} {}",
                reply.status,
                reply.text.chars().take(160).collect::<String>()
            ));
        }
    }
    none(
        "doors that let a stranger in, or that are listed as open and are not",
        unexpected,
    );
    none(
        "open doors that are not there any more",
        OPEN.iter()
            .filter(|d| !met.contains(**d))
            .map(ToString::to_string)
            .collect(),
    );
}
