//! Stories of widgets and of who begins at them, told through the doors, on both databases.

use crate::base::secrets;
use crate::desk::account::ops::visit;
use crate::desk::widget::ops::{self, visit::Identity};
use crate::model::{error::Error, id::WidgetId, time::now};
use crate::test::{Person, TestDesk};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};

async fn widget(admin: &Person, policy: &str) -> String {
    let made = admin
        .post(
            "/widgets",
            json!({"name": "Shop", "domains": ["shop.example"], "policy": policy}),
        )
        .await
        .created();
    made["id"].as_str().unwrap().to_owned()
}

async fn begin(desk: &TestDesk, widget: &str, said: Value) -> crate::test::Reply {
    desk.nobody()
        .post(&format!("/widgets/{widget}/visitors"), said)
        .await
}

fn person(desk: &TestDesk, begun: &Value) -> Person {
    Person {
        token: begun["token"].as_str().unwrap().into(),
        id: begun["contact"]["id"].as_str().unwrap().parse().unwrap(),
        ..desk.nobody()
    }
}

/// What the host site's server would sign.
async fn signed(admin: &Person, widget: &str, user: &str) -> String {
    let proof = admin.staff().await.admin().unwrap();
    let secret = ops::secret(&proof, widget.parse().unwrap()).await.unwrap();
    hex::encode(secrets::mac(secret.as_bytes(), user))
}

fn said(user: &str, hash: Option<&str>) -> Identity {
    Identity {
        user_id: user.into(),
        user_hash: hash.map(str::to_owned),
        ..Identity::default()
    }
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

fn fields(reply: &crate::test::Reply) -> Vec<String> {
    assert_eq!(reply.problem(), (422, "invalid".into()));
    reply.json()["errors"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

crate::stories! {
    what_everybody_has_a_site_under_is_nobodys_site,
    the_policy_decides_who_begins,
    a_typed_address_and_a_bare_id_match_nobody,
    who_is_identified_later_never_reads_another_customers_chat,
    a_token_from_before_reads_nothing_of_who_was_vouched_for,
    vouched_for_by_many_at_once_somebody_is_one_person,
    the_frame_is_given_its_new_session_with_the_answer,
    equal_numbers_of_two_shops_are_two_people,
    widgets_share_customers_where_an_admin_says_so,
    an_empty_id_is_nobodys_however_it_is_signed,
    a_stream_ends_with_its_widget,
    what_the_visitor_looks_at_stands_beside_the_thread,
    a_contact_is_seen_with_a_conversation_and_not_otherwise,
    an_admin_makes_changes_and_removes_widgets,
    a_disabled_widget_is_one_that_never_was,
    the_admin_hears_of_sites_that_are_refused,
    a_page_on_the_own_machine_may_frame_it_over_http,
    a_new_secret_ends_the_old_signatures,
    new_sessions_from_one_address_are_limited,
}

async fn what_everybody_has_a_site_under_is_nobodys_site(desk: TestDesk) {
    let admin = desk.admin().await;
    let id = widget(&admin, "anyone").await;
    for open in ["co.uk", "*.co.uk", "GitHub.io", "https://github.io"] {
        let list = json!({"name": "Shop", "domains": ["shop.example", open]});
        assert_eq!(
            fields(&admin.post("/widgets", list.clone()).await),
            ["domains"],
            "{open}"
        );
        let list = json!({"domains": list["domains"]});
        assert_eq!(
            fields(&admin.patch(&format!("/widgets/{id}"), list).await),
            ["domains"],
            "{open}"
        );
    }
    assert_eq!(
        admin.get(&format!("/widgets/{id}")).await.json()["domains"],
        json!(["shop.example"])
    );
    let own = json!({"domains": ["shop.co.uk", "*.lumen.github.io", "localhost:8081"]});
    admin.patch(&format!("/widgets/{id}"), own).await.ok();
}

async fn the_policy_decides_who_begins(desk: TestDesk) {
    let admin = desk.admin().await;
    let (open, polite, closed) = (
        widget(&admin, "anyone").await,
        widget(&admin, "email_required").await,
        widget(&admin, "verified_only").await,
    );

    let anyone = begin(&desk, &open, json!({})).await.created();
    assert_eq!(anyone["contact"]["name"], Value::Null);
    assert_eq!(
        fields(&begin(&desk, &open, json!({"email": "no address"})).await),
        ["email"]
    );

    assert_eq!(
        fields(&begin(&desk, &polite, json!({})).await),
        ["email", "name"]
    );
    assert_eq!(
        fields(
            &begin(
                &desk,
                &polite,
                json!({"name": " ", "email": "ada@mail.example"})
            )
            .await
        ),
        ["name"]
    );
    begin(
        &desk,
        &polite,
        json!({"name": "Ada", "email": "ada@mail.example"}),
    )
    .await
    .created();

    let hash = signed(&admin, &closed, "u-1").await;
    assert_eq!(
        fields(
            &begin(
                &desk,
                &closed,
                json!({"name": "Ada", "email": "ada@mail.example"})
            )
            .await
        ),
        ["user_hash"]
    );
    assert_eq!(
        fields(&begin(&desk, &closed, json!({"user_id": "u-2", "user_hash": hash})).await),
        ["user_hash"],
        "another's signature"
    );
    let begun = begin(&desk, &closed, json!({"user_id": "u-1", "user_hash": hash}))
        .await
        .created();
    assert_eq!(begun["contact"]["verified"], true);
    assert_eq!(
        fields(&begin(&desk, &open, json!({"user_id": "u-1", "user_hash": hash})).await),
        ["user_hash"],
        "signed for another widget"
    );
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

async fn a_stream_ends_with_its_widget(desk: TestDesk) {
    let admin = desk.admin().await;
    let (shop, other) = (widget(&admin, "anyone").await, desk.visitor("Ben").await);
    let path = format!("/widgets/{shop}");
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let (mut stream, mut elsewhere) = (ada.stream(None).await, other.stream(None).await);
    admin
        .patch(&path, json!({"name": "Another name"}))
        .await
        .ok();
    assert!(
        stream.goes_on(std::time::Duration::from_millis(500)).await,
        "a setting ends nothing"
    );
    admin.patch(&path, json!({"enabled": false})).await.ok();
    stream.ends().await;
    assert_eq!(ada.get_json("/events").await.status, 401);

    admin.patch(&path, json!({"enabled": true})).await.ok();
    let mut stream = ada.stream(None).await;
    assert_eq!(admin.delete(&path).await.status, 204);
    stream.ends().await;
    assert!(
        elsewhere
            .goes_on(std::time::Duration::from_millis(200))
            .await,
        "others go on"
    );
}

async fn what_the_visitor_looks_at_stands_beside_the_thread(desk: TestDesk) {
    let admin = desk.admin().await;
    let lamp = json!({"type": "product", "id": "SKU-1", "url": "https://shop.example/p/1", "label": "Blue lamp"});
    let said = json!({"page_url": "https://shop.example/p/1", "reference": lamp});
    let ada = person(
        &desk,
        &begin(&desk, &desk.widget.to_string(), said).await.created(),
    );
    let chat = ada.writes("Is it in stock?").await;
    assert_eq!(
        admin.conversation(chat).await.ok()["reference"],
        lamp,
        "what they came with is the first conversation's"
    );
    assert_eq!(
        admin.get(&format!("/contacts/{}", ada.id)).await.ok()["page_url"],
        "https://shop.example/p/1"
    );

    let mut stream = admin.stream(None).await;
    let chair = json!({"type": "product", "id": "SKU-2", "url": null, "label": null});
    ada.patch(
        "/me",
        json!({"page_url": "https://shop.example/p/2", "reference": chair}),
    )
    .await
    .ok();
    let heard = stream.until("conversation.updated").await.data;
    assert_eq!(heard["data"]["conversation"]["reference"], chair);
    assert_eq!(
        heard["data"]["conversation"]["contact"]["page_url"],
        "https://shop.example/p/2"
    );
    assert_eq!(admin.conversation(chat).await.ok()["reference"], chair);

    assert_eq!(
        fields(
            &ada.patch("/me", json!({"page_url": "javascript:alert(1)"}))
                .await
        ),
        ["page_url"]
    );
    assert_eq!(
        fields(&ada.patch("/me", json!({"availability": "away"})).await),
        ["availability"]
    );
    assert_eq!(
        fields(
            &admin
                .patch("/me", json!({"page_url": "https://x.example"}))
                .await
        ),
        ["page_url"]
    );
}

async fn a_contact_is_seen_with_a_conversation_and_not_otherwise(desk: TestDesk) {
    let (ada, admin, sam, kim) = (
        desk.visitor("Ada").await,
        desk.admin().await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
    );
    let path = format!("/contacts/{}", ada.id);
    assert_eq!(sam.get(&path).await.status, 404, "nothing was written yet");
    let chat = ada.writes("Hello").await;
    sam.takes(chat).await;
    assert_eq!(sam.get(&path).await.ok()["name"], "Ada");
    assert_eq!(admin.get(&path).await.ok()["name"], "Ada");
    let hidden = kim.get(&path).await;
    assert_eq!(hidden.problem(), (404, "not_found".into()));
    assert_eq!(
        hidden.text,
        kim.get(&format!("/contacts/{}", uuid::Uuid::now_v7()))
            .await
            .text,
        "the same bytes"
    );
    assert_eq!(kim.patch(&path, json!({"name": "X"})).await.status, 404);
    assert_eq!(
        sam.patch(&path, json!({"name": "Ada Byron"})).await.ok()["name"],
        "Ada Byron"
    );
    assert_eq!(ada.get(&path).await.problem(), (403, "forbidden".into()));
    let (other, _) = desk.second_workspace().await;
    assert_eq!(
        desk.admin_of(other, "Eve").await.get(&path).await.status,
        404
    );
}

async fn an_admin_makes_changes_and_removes_widgets(desk: TestDesk) {
    let (admin, sam, ada) = (
        desk.admin().await,
        desk.agent("Sam").await,
        desk.visitor("Ada").await,
    );
    assert_eq!(
        sam.post("/widgets", json!({"name": "X", "domains": []}))
            .await
            .problem(),
        (403, "forbidden".into())
    );
    assert_eq!(
        ada.get("/widgets").await.problem(),
        (403, "forbidden".into())
    );
    assert_eq!(
        fields(&admin.post("/widgets", json!({})).await),
        ["domains", "name"]
    );
    assert_eq!(
        fields(
            &admin
                .post(
                    "/widgets",
                    json!({"name": "X", "domains": ["ok.example", "no/path", "*"]})
                )
                .await
        ),
        ["domains"]
    );
    assert_eq!(
        fields(
            &admin
                .post("/widgets", json!({"name": "X", "domains": [], "color": 1}))
                .await
        ),
        ["color"]
    );

    let domains = [
        "HTTPS://Shop.Example.com",
        "*.example.org",
        "localhost:8081",
    ];
    let made = admin
        .post("/widgets", json!({"name": "Shop", "domains": domains}))
        .await;
    assert_eq!(made.headers["etag"], "\"1\"");
    let made = made.created();
    assert_eq!(
        made["domains"],
        json!(["shop.example.com", "*.example.org", "localhost:8081"])
    );
    assert_eq!(
        (
            &made["policy"],
            &made["enabled"],
            &made["appearance"]["preset"]
        ),
        (&json!("anyone"), &json!(true), &json!("blue"))
    );
    let id = made["id"].as_str().unwrap();
    assert!(
        made["snippet"]
            .as_str()
            .unwrap()
            .contains(&format!("widgetId: '{id}'"))
    );
    assert_eq!(
        sam.get(&format!("/widgets/{id}")).await.ok()["name"],
        "Shop",
        "staff read"
    );
    assert_eq!(
        sam.get("/widgets").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "with the home widget"
    );

    let path = format!("/widgets/{id}");
    let with = |tag: &'static str, body: Value| {
        let request = admin
            .request(Method::PATCH, &path)
            .header("content-type", "application/json")
            .header("if-match", tag);
        admin.ask(request.body(Body::from(body.to_string())).unwrap())
    };
    let gold = with("\"1\"", json!({"appearance": {"preset": "gold", "position": "bottom-left"}, "auto_open_delay_ms": 5000})).await;
    assert_eq!(gold.headers["etag"], "\"2\"");
    let gold = gold.ok();
    assert_eq!(
        gold["appearance"],
        json!({"primary_color": "#d4af37", "secondary_color": "#1a1a1a", "position": "bottom-left", "preset": "gold"})
    );
    assert_eq!(
        with("\"1\"", json!({"name": "Late"})).await.problem(),
        (409, "conflict".into())
    );
    let own = admin
        .patch(
            &path,
            json!({"appearance": {"primary_color": "#ABCDEF"}, "auto_open_delay_ms": null}),
        )
        .await
        .ok();
    assert_eq!(
        (
            &own["appearance"]["preset"],
            &own["appearance"]["primary_color"]
        ),
        (&json!("custom"), &json!("#abcdef"))
    );
    assert_eq!(
        (&own["auto_open_delay_ms"], &own["name"]),
        (&Value::Null, &json!("Shop"))
    );

    let (other, _) = desk.second_workspace().await;
    let eve = desk.admin_of(other, "Eve").await;
    assert_eq!(
        eve.get(&path).await.text,
        eve.get(&format!("/widgets/{}", uuid::Uuid::now_v7()))
            .await
            .text
    );
    assert_eq!(eve.patch(&path, json!({"name": "Mine"})).await.status, 404);
    assert_eq!(eve.delete(&path).await.status, 404);

    begin(&desk, id, json!({})).await.created();
    assert_eq!(
        admin.delete(&path).await.status,
        204,
        "a visitor who never wrote is no reason to keep it"
    );
    assert_eq!(admin.get(&path).await.status, 404);
    ada.writes("Hello").await;
    assert_eq!(
        admin
            .delete(&format!("/widgets/{}", desk.widget))
            .await
            .problem(),
        (409, "conflict".into()),
        "the home widget"
    );
}

async fn a_disabled_widget_is_one_that_never_was(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let id: WidgetId = shop.parse().unwrap();
    let config = |id: &str| {
        let nobody = desk.nobody();
        let path = format!("/widgets/{id}/config");
        async move { nobody.get(&path).await }
    };
    let found = config(&shop).await;
    assert_eq!(found.headers["access-control-allow-origin"], "*");
    let shown = found.ok();
    assert_eq!(
        (&shown["online"], &shown["appearance"]["ink"]),
        (&json!(false), &json!("#000000"))
    );
    assert!(
        !shown.to_string().contains("shop.example"),
        "the list of domains is not public"
    );
    assert_eq!(
        ops::frame_ancestors(&desk.node, id).await.unwrap(),
        "'self' shop.example"
    );
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    ada.writes("Hello").await;

    admin
        .patch(&format!("/widgets/{shop}"), json!({"enabled": false}))
        .await
        .ok();
    for absent in [uuid::Uuid::now_v7().to_string(), "nonsense".into()] {
        let (mut disabled, mut never) = (config(&shop).await, config(&absent).await);
        for reply in [&mut disabled, &mut never] {
            assert!(
                reply.headers.remove("x-request-id").is_some(),
                "the one header that every answer has of its own"
            );
        }
        assert_eq!(
            (disabled.status, &disabled.text, &disabled.headers),
            (never.status, &never.text, &never.headers)
        );
        assert_eq!(
            (
                disabled.status.as_u16(),
                &disabled.headers["access-control-allow-origin"]
            ),
            (404, &"*".parse().unwrap())
        );
    }
    assert_eq!(
        ops::frame_ancestors(&desk.node, id).await.unwrap(),
        "'none'"
    );
    assert_eq!(
        begin(&desk, &shop, json!({})).await.problem(),
        (404, "not_found".into())
    );
    // Before the cached session expires by itself.
    crate::test::soon_within(
        std::time::Duration::from_secs(10),
        "the visitor's session counts no more",
        || async { ada.get("/me").await.status == 401 },
    )
    .await;
    assert_eq!(
        admin.delete(&format!("/widgets/{shop}")).await.problem(),
        (409, "conflict".into()),
        "it has a conversation"
    );
}

async fn the_admin_hears_of_sites_that_are_refused(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let id: WidgetId = shop.parse().unwrap();
    let ask = async |node: &crate::desk::state::Desk, origin: &str| {
        let path = format!("/widgets/{shop}/config");
        let nobody = desk.nobody().at(node);
        let request = nobody
            .request(Method::GET, &path)
            .header("origin", origin)
            .body(Body::empty())
            .unwrap();
        nobody.ask(request).await.ok();
    };
    let proof = admin.staff().await.admin().unwrap();
    let told = async || {
        let sheet = ops::form::sheet(&proof, id).await.unwrap();
        sheet
            .refused
            .into_iter()
            .map(|r| r.site)
            .collect::<Vec<_>>()
    };
    let other = desk.second_node().await;
    for fine in [
        "https://shop.example",
        "http://localhost:3000",
        "null",
        "https://x.example/path",
        "nonsense",
    ] {
        ask(&desk.node, fine).await;
    }
    ask(&other, "http://localhost:8081").await;
    crate::test::soon("what another node heard is told", || async {
        told().await == ["http://localhost:8081"]
    })
    .await;
    for n in 1..=6 {
        let site = format!("https://x{n}.example");
        ask(&desk.node, &site).await;
        crate::test::soon("the last one stands first", || async {
            told().await[0] == site
        })
        .await;
    }
    assert_eq!(
        told().await,
        [6, 5, 4, 3, 2].map(|n| format!("https://x{n}.example")),
        "few are kept"
    );

    // What is allowed meanwhile is refused no more; a widget that goes takes its sites along.
    let now = told().await[0].trim_start_matches("https://").to_owned();
    admin
        .patch(&format!("/widgets/{shop}"), json!({"domains": [now]}))
        .await
        .ok();
    assert_eq!(told().await.len(), 4);
    assert_eq!(admin.delete(&format!("/widgets/{shop}")).await.status, 204);
    other.stop().cancel();
}

async fn a_page_on_the_own_machine_may_frame_it_over_http(desk: TestDesk) {
    let admin = desk.admin().await;
    let made = admin
        .post(
            "/widgets",
            json!({"name": "Shop", "domains": ["shop.example", "localhost:8081"]}),
        )
        .await
        .created();
    let id: WidgetId = made["id"].as_str().unwrap().parse().unwrap();
    let told = ops::frame_ancestors(&desk.node, id).await.unwrap();
    assert_eq!(
        told,
        "'self' shop.example localhost:8081 http://localhost:8081"
    );
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

async fn new_sessions_from_one_address_are_limited(desk: TestDesk) {
    let node = desk.limited().await;
    let nobody = desk.nobody().at(&node);
    let (mut refused, since) = (0, std::time::Instant::now());
    for _ in 0..70 {
        let reply = nobody
            .post(&format!("/widgets/{}/visitors", desk.widget), json!({}))
            .await;
        if reply.status == 429 {
            assert!(reply.headers.contains_key("retry-after"));
            refused += 1;
        }
    }
    let again = since.elapsed().as_secs(); // one each second
    assert!(
        refused <= 10 && refused + again + 1 >= 10,
        "{refused} of 70 refused in {again} s, at 60 a minute"
    );
    node.stop().cancel();
}
