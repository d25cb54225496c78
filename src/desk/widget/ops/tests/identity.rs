//! Who somebody is, where the site vouches for them.

use super::*;
use crate::base::secrets;
use crate::desk::account::ops::visit;
use crate::desk::widget::ops::{self};
use crate::model::{error::Error, time::now};
use crate::test::{Person, TestDesk};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};

crate::stories! {
    a_typed_address_and_a_bare_id_match_nobody,
    who_is_identified_later_never_reads_another_customers_chat,
    a_token_from_before_reads_nothing_of_who_was_vouched_for,
    vouched_for_by_many_at_once_somebody_is_one_person,
    the_frame_is_given_its_new_session_with_the_answer,
    equal_numbers_of_two_shops_are_two_people,
    widgets_share_customers_where_an_admin_says_so,
    an_empty_id_is_nobodys_however_it_is_signed,
    a_new_secret_ends_the_old_signatures,
}

/// The host page says who this is: the same browser, from now on.
async fn identified(who: &Person, user: &str, hash: Option<&str>) -> Result<Person, Error> {
    let now = ops::visit::identify(&who.visitor_proof().await, said(user, hash), "test").await?;
    Ok(Person {
        token: now.token.unwrap_or_else(|| who.token.clone()),
        id: now.me.id.unwrap().0,
        ..who.clone()
    })
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

async fn a_typed_address_and_a_bare_id_match_nobody(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let hash = signed(&admin, &shop, "u-1").await;
    let said =
        json!({"name": "Ada", "email": "ada@mail.example", "user_id": "u-1", "user_hash": hash});
    let ada = begin(&desk, &shop, said).await.created();
    let again = begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": hash}))
        .await
        .created();
    assert_eq!(
        ada["contact"]["id"], again["contact"]["id"],
        "from another browser, the same person"
    );
    assert_eq!(again["contact"]["email"], "ada@mail.example");
    assert_ne!(ada["token"], again["token"]);
    for claim in [
        json!({"email": "ADA@mail.example"}),
        json!({"user_id": "u-1"}),
    ] {
        let mallory = begin(&desk, &shop, claim).await.created();
        assert_ne!(mallory["contact"]["id"], ada["contact"]["id"]);
        assert_eq!(mallory["contact"]["verified"], false);
    }
    // Nor does an agent's chat to an address reach whoever claims it, however well signed their id is.
    let to = json!({"client_id": uuid::Uuid::new_v4(), "widget_id": shop, "contact": {"email": "ada@mail.example"}, "body": "Your invoice"});
    let begun = desk
        .agent("Sam")
        .await
        .post("/conversations", to)
        .await
        .created();
    assert_ne!(begun["conversation"]["contact"]["id"], ada["contact"]["id"]);
    assert_eq!(
        person(&desk, &again).get("/conversations").await.ok()["items"],
        json!([])
    );
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

async fn equal_numbers_of_two_shops_are_two_people(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let (lamps, chairs) = (
        widget(&admin, "anyone").await,
        widget(&admin, "anyone").await,
    );
    let (lamp, chair) = (
        signed(&admin, &lamps, "17").await,
        signed(&admin, &chairs, "17").await,
    );
    let by = |hash: &str| json!({"user_id": "17", "user_hash": hash});

    let ada = person(&desk, &begin(&desk, &lamps, by(&lamp)).await.created());
    let chat = ada.writes("Where is my lamp?").await;
    sam.says(chat, "On its way to Baker Street.").await;
    // By either way in, and from either side.
    let bob = person(&desk, &begin(&desk, &chairs, by(&chair)).await.created());
    assert_ne!(bob.id, ada.id);
    assert_eq!(bob.get("/conversations").await.ok()["items"], json!([]));
    let eve = person(&desk, &begin(&desk, &chairs, json!({})).await.created());
    eve.writes("Hello").await;
    let eve = identified(&eve, "17", Some(&chair)).await.unwrap();
    assert_eq!(eve.conversation(chat).await.status, 404);
    assert_eq!(
        identified(&bob, "17", Some(&chair)).await.unwrap().token,
        bob.token,
        "known already"
    );
    let again = person(&desk, &begin(&desk, &lamps, by(&lamp)).await.created());
    assert_eq!(again.id, ada.id, "each is found where they are");
    // The other shop's key proves nothing here.
    assert_eq!(
        fields(&begin(&desk, &lamps, by(&chair)).await),
        ["user_hash"]
    );
}

async fn widgets_share_customers_where_an_admin_says_so(desk: TestDesk) {
    let admin = desk.admin().await;
    let (shop, app, old) = (
        widget(&admin, "anyone").await,
        widget(&admin, "anyone").await,
        widget(&admin, "anyone").await,
    );
    let id = |reply: &Value| reply["contact"]["id"].clone();
    let share = async |widget: &str, source: Value| {
        admin
            .patch(
                &format!("/widgets/{widget}"),
                json!({"customer_source": source}),
            )
            .await
    };
    let vouched = async |widget: &str| {
        let hash = signed(&admin, widget, "17").await;
        id(
            &begin(&desk, widget, json!({"user_id": "17", "user_hash": hash}))
                .await
                .created(),
        )
    };
    assert_eq!(
        admin.get(&format!("/widgets/{app}")).await.ok()["customer_source"],
        json!(app),
        "its own"
    );
    let (at_shop, at_app) = (vouched(&shop).await, vouched(&app).await);
    assert_ne!(at_shop, at_app);

    assert_eq!(
        share(&app, json!(shop)).await.ok()["customer_source"],
        json!(shop)
    );
    assert_eq!(vouched(&app).await, at_shop, "the same person at both");
    assert_ne!(vouched(&old).await, at_shop, "and at no third");
    // What else is changed leaves it.
    assert_eq!(
        admin
            .patch(&format!("/widgets/{app}"), json!({"name": "App"}))
            .await
            .ok()["customer_source"],
        json!(shop)
    );

    // A source has one owner.
    for (widget, source) in [
        (&old, json!(app)),
        (&shop, json!(old)),
        (&old, json!(uuid::Uuid::now_v7())),
    ] {
        assert_eq!(fields(&share(widget, source).await), ["customer_source"]);
    }
    let (other, home) = desk.second_workspace().await;
    assert_eq!(
        fields(&share(&old, json!(home)).await),
        ["customer_source"],
        "nobody else's customers"
    );
    let eve = desk.admin_of(other, "Eve").await;
    assert_eq!(
        fields(
            &eve.post(
                "/widgets",
                json!({"name": "X", "domains": [], "customer_source": shop})
            )
            .await
        ),
        ["customer_source"]
    );
    assert_eq!(
        admin.delete(&format!("/widgets/{shop}")).await.problem(),
        (409, "conflict".into()),
        "others rely on it"
    );

    let more = admin
        .post(
            "/widgets",
            json!({"name": "More", "domains": [], "customer_source": shop}),
        )
        .await
        .created();
    assert_eq!(vouched(more["id"].as_str().unwrap()).await, at_shop);
    for own in [Value::Null, json!(app)] {
        assert_eq!(share(&app, own).await.ok()["customer_source"], json!(app));
        assert_eq!(vouched(&app).await, at_app, "its own people again");
        share(&app, json!(shop)).await.ok();
    }
}

async fn an_empty_id_is_nobodys_however_it_is_signed(desk: TestDesk) {
    let admin = desk.admin().await;
    let (shop, closed) = (
        widget(&admin, "anyone").await,
        widget(&admin, "verified_only").await,
    );
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    for empty in ["", " ", "\t", "\u{a0}", "\u{200b}", "\u{feff} \u{2060}"] {
        for widget in [&shop, &closed] {
            let hash = signed(&admin, widget, empty).await;
            let said = json!({"user_id": empty, "user_hash": hash});
            assert_eq!(
                fields(&begin(&desk, widget, said).await),
                ["user_id"],
                "{empty:?}"
            );
            assert_eq!(
                fields(&begin(&desk, widget, json!({"user_id": empty})).await),
                ["user_id"],
                "{empty:?}"
            );
        }
        let hash = signed(&admin, &shop, empty).await;
        for hash in [Some(hash.as_str()), None] {
            let refused = identified(&ada, empty, hash).await;
            assert!(
                refused.is_err_and(|e| e.about("user_id").is_some()),
                "{empty:?}"
            );
        }
    }
    let (none,): (i64,) = desk
        .node
        .db()
        .one(
            "select cast(count(*) as bigint) from contact where user_id is not null",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(none, 0);
    // What only looks like little is an id.
    for id in ["0", "null", "-"] {
        let hash = signed(&admin, &closed, id).await;
        begin(&desk, &closed, json!({"user_id": id, "user_hash": hash}))
            .await
            .created();
    }
}

async fn a_new_secret_ends_the_old_signatures(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "verified_only").await;
    let old = signed(&admin, &shop, "u-1").await;
    begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": old}))
        .await
        .created();
    ops::renew_secret(&admin.staff().await.admin().unwrap(), shop.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        fields(&begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": old})).await),
        ["user_hash"]
    );
    let new = signed(&admin, &shop, "u-1").await;
    begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": new}))
        .await
        .created();
}
