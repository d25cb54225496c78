//! Who is vouched for later goes on in a new session; the ones from before read nothing of that person.

use super::{
    super::{begin, person, signed, widget},
    identified,
};
use crate::base::secrets;
use crate::desk::account::ops::visit;
use crate::model::{error::Error, time::now};
use crate::test::{Person, TestDesk};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};

crate::stories! {
    who_is_identified_later_never_reads_another_customers_chat,
    a_token_from_before_reads_nothing_of_who_was_vouched_for,
    vouched_for_by_many_at_once_somebody_is_one_person,
    the_frame_is_given_its_new_session_with_the_answer,
}

/// The same contact signed in once more.
async fn second_session(desk: &TestDesk, who: &Person, widget: &str) -> Person {
    let (token, at) = (secrets::token(), now());
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let (id, widget, hash) = (
        who.id.into(),
        widget.parse().unwrap(),
        secrets::hash(&token),
    );
    visit::open(&mut tx, desk.workspace, id, widget, None, hash, "test", at)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    Person {
        token,
        ..who.clone()
    }
}

/// A token is good for nothing, and so are the streams that were opened with it.
async fn is_over(who: &Person, chat: uuid::Uuid, streams: Vec<crate::test::Ears>) {
    for mut stream in streams {
        stream.ends().await;
        assert!(
            !stream.heard.contains("invoice"),
            "what comes after is not told"
        );
    }
    let (messages, message) = (
        format!("/conversations/{chat}/messages"),
        json!({"client_id": uuid::Uuid::new_v4(), "body": "Me again"}),
    );
    for reply in [
        who.get("/me").await,
        who.get("/conversations").await,
        who.get(&messages).await,
        who.get_json("/events").await,
        who.post(&messages, message).await,
    ] {
        assert_eq!(reply.problem(), (401, "unauthorized".into()));
    }
}

async fn who_is_identified_later_never_reads_another_customers_chat(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let (one, two) = (
        signed(&admin, &shop, "u-1").await,
        signed(&admin, &shop, "u-2").await,
    );

    // Nobody has the id yet: it becomes this contact's, with what they wrote.
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let chat = ada.writes("Hello").await;
    let wrong = identified(&ada, "u-1", Some(&two)).await;
    assert!(matches!(wrong, Err(Error::Invalid { .. })));
    let (id, ada) = (ada.id, identified(&ada, "u-1", Some(&one)).await.unwrap());
    assert_eq!(ada.id, id);
    assert_eq!(
        admin.get(&format!("/contacts/{}", ada.id)).await.ok()["verified"],
        true
    );

    // The next customer on the same browser is somebody else, at once and with an empty chat.
    let mut stream = ada.stream(None).await;
    let next = identified(&ada, "u-2", Some(&two)).await.unwrap();
    assert_ne!(next.id, ada.id);
    assert!(
        stream.next().await.is_none(),
        "the stream of the former person ends"
    );
    assert_eq!(next.conversation(chat).await.status, 404);
    assert_eq!(next.get("/me").await.ok()["id"], next.id.to_string());
    assert_eq!(
        ada.get("/me").await.status,
        401,
        "and the former person is not here any more"
    );

    // Somebody who is known already, on a new browser where nothing was written: signed in as that person.
    let phone = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let phone = identified(&phone, "u-1", Some(&one)).await.unwrap();
    assert_eq!(phone.id, ada.id);
    assert_eq!(phone.thread(chat).await, ["Hello"]);

    // And where something was written, it stays readable, and staff see that it is them.
    let tablet = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let second = tablet.writes("Me again").await;
    let tablet = identified(&tablet, "u-1", Some(&one)).await.unwrap();
    assert_eq!(tablet.thread(second).await, ["Me again"]);
    assert_eq!(
        admin.get(&format!("/contacts/{}", tablet.id)).await.ok()["verified"],
        true
    );

    // On it too the next customer is somebody else, known or not.
    let three = signed(&admin, &shop, "u-3").await;
    for (user, hash) in [("u-2", &two), ("u-3", &three)] {
        let again = second_session(&desk, &tablet, &shop).await;
        let other = identified(&again, user, Some(hash)).await.unwrap();
        assert_ne!(other.id, tablet.id, "{user}");
        assert_eq!(other.conversation(second).await.status, 404, "{user}");
    }
}

async fn a_token_from_before_reads_nothing_of_who_was_vouched_for(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let shop = widget(&admin, "anyone").await;
    let hash = signed(&admin, &shop, "u-1").await;

    // Somebody else has got hold of an anonymous token: of the contact's one session, and of a second one.
    let thief = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let chat = thief.writes("Hello").await;
    let second = second_session(&desk, &thief, &shop).await;
    assert_eq!(second.thread(chat).await, ["Hello"]);
    let streams = vec![
        thief.stream(None).await,
        thief.stream(Some(&thief.cursor().await)).await,
    ];
    let others = vec![second.stream(None).await];
    let cursor = thief.cursor().await;
    let ada = identified(&thief, "u-1", Some(&hash)).await.unwrap();
    assert_eq!(
        (ada.id, ada.token == thief.token),
        (thief.id, false),
        "the same person, in a new session"
    );
    sam.says(chat, "The invoice of Ada Byron").await;
    assert!(
        ada.poll(Some(&cursor))
            .await
            .to_string()
            .contains("invoice"),
        "or nothing was told at all"
    );
    is_over(&thief, chat, streams).await;
    is_over(&second, chat, others).await;
    assert!(
        ada.get("/sessions").await.ok()["items"]
            .as_array()
            .unwrap()
            .len()
            == 1
    );

    // The same word again changes nothing, and so does a mere claim.
    let again = identified(&ada, "u-1", Some(&hash)).await.unwrap();
    assert_eq!(again.token, ada.token);
    assert_eq!(
        identified(&ada, "u-1", None).await.unwrap().token,
        ada.token
    );

    // An anonymous one who has written, and turns out to be Ada.
    let thief = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let chat = thief.writes("Me again").await;
    let second = second_session(&desk, &thief, &shop).await;
    let (streams, others) = (
        vec![thief.stream(None).await],
        vec![second.stream(None).await],
    );
    let tablet = identified(&thief, "u-1", Some(&hash)).await.unwrap();
    sam.says(chat, "The invoice of Ada Byron").await;
    assert_eq!(
        tablet.thread(chat).await.last().unwrap(),
        "The invoice of Ada Byron"
    );
    is_over(&thief, chat, streams).await;
    is_over(&second, chat, others).await;
    let again = identified(&tablet, "u-1", Some(&hash)).await.unwrap();
    assert_eq!(again.token, tablet.token, "the same word again");

    // And one who has not, whose browser is Ada's from now on.
    let thief = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let streams = vec![thief.stream(None).await];
    let phone = identified(&thief, "u-1", Some(&hash)).await.unwrap();
    assert_eq!(phone.id, ada.id);
    is_over(&thief, chat, streams).await;
}

async fn vouched_for_by_many_at_once_somebody_is_one_person(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let hash = signed(&admin, &shop, "u-1").await;
    let mut nodes = vec![desk.node.clone()];
    if desk.engine == crate::test::Engine::Postgres {
        nodes.push(desk.second_node().await);
    }
    let mut all = vec![];
    for n in 0..12 {
        let who = person(&desk, &begin(&desk, &shop, json!({})).await.created());
        all.push(who.at(&nodes[n % nodes.len()]));
    }
    let now =
        futures::future::join_all(all.iter().map(|who| identified(who, "u-1", Some(&hash)))).await;
    let ids: std::collections::BTreeSet<_> =
        now.iter().map(|who| who.as_ref().unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    for who in now {
        who.unwrap().get("/me").await.ok();
    }
    nodes[1..].iter().for_each(|node| node.stop().cancel());
}

async fn the_frame_is_given_its_new_session_with_the_answer(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let hash = signed(&admin, &shop, "u-1").await;
    let name = crate::desk::account::ops::who::visitor_cookie(&desk.node, shop.parse().unwrap());
    let ask = async |who: &Person, by_cookie: bool| {
        let nobody = Person {
            token: String::new(),
            ..who.clone()
        };
        let request = if by_cookie { &nobody } else { who }
            .request(Method::POST, "//_fn/deskbell/desk/widget/api/identify")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header(
                "cookie",
                if by_cookie {
                    format!("{name}={}", who.token)
                } else {
                    String::new()
                },
            );
        who.ask(
            request
                .body(Body::from(format!(
                    "widget={shop}&user_id=u-1&user_hash={hash}"
                )))
                .unwrap(),
        )
        .await
    };
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let answer = ask(&ada, true).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    let token = cookie
        .strip_prefix(&format!("{name}="))
        .and_then(|c| c.split(';').next())
        .unwrap()
        .to_owned();
    assert_eq!(
        answer.ok()["token"],
        Value::Null,
        "a script does not need it"
    );
    assert_eq!(ada.get("/me").await.status, 401);
    let ada = Person { token, ..ada };
    assert_eq!(ada.get("/me").await.ok()["id"], ada.id.to_string());
    assert!(
        !ask(&ada, true).await.headers.contains_key("set-cookie"),
        "the same word again"
    );

    // Where the browser keeps no cookie, it comes as it came before.
    let tab = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let answer = ask(&tab, false).await.ok();
    let token = answer["token"].as_str().expect("a token").to_owned();
    assert_eq!(tab.get("/me").await.status, 401);
    assert_eq!(
        Person { token, ..tab }.get("/me").await.ok()["id"],
        ada.id.to_string()
    );
}
