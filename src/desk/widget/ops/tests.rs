//! Stories of widgets and of who begins at them, told through the doors, on both databases.

use crate::base::secrets;
use crate::desk::widget::ops::{self, visit::Identity};
use crate::model::{error::Error, id::WidgetId};
use crate::story;
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

fn fields(reply: &crate::test::Reply) -> Vec<String> {
    assert_eq!(reply.problem(), (422, "invalid".into()));
    reply.json()["errors"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

story! {
    async fn the_policy_decides_who_begins(desk) {
        let admin = desk.admin().await;
        let (open, polite, closed) = (widget(&admin, "anyone").await, widget(&admin, "email_required").await, widget(&admin, "verified_only").await);

        let anyone = begin(&desk, &open, json!({})).await.created();
        assert_eq!(anyone["contact"]["name"], Value::Null);
        assert_eq!(fields(&begin(&desk, &open, json!({"email": "no address"})).await), ["email"]);

        assert_eq!(fields(&begin(&desk, &polite, json!({})).await), ["email", "name"]);
        assert_eq!(fields(&begin(&desk, &polite, json!({"name": " ", "email": "ada@mail.example"})).await), ["name"]);
        begin(&desk, &polite, json!({"name": "Ada", "email": "ada@mail.example"})).await.created();

        let hash = signed(&admin, &closed, "u-1").await;
        assert_eq!(fields(&begin(&desk, &closed, json!({"name": "Ada", "email": "ada@mail.example"})).await), ["user_hash"]);
        assert_eq!(fields(&begin(&desk, &closed, json!({"user_id": "u-2", "user_hash": hash})).await), ["user_hash"], "another's signature");
        let begun = begin(&desk, &closed, json!({"user_id": "u-1", "user_hash": hash})).await.created();
        assert_eq!(begun["contact"]["verified"], true);
        assert_eq!(fields(&begin(&desk, &open, json!({"user_id": "u-1", "user_hash": hash})).await), ["user_hash"], "signed for another widget");
    }

    async fn a_typed_address_and_a_bare_id_match_nobody(desk) {
        let admin = desk.admin().await;
        let shop = widget(&admin, "anyone").await;
        let hash = signed(&admin, &shop, "u-1").await;
        let said = json!({"name": "Ada", "email": "ada@mail.example", "user_id": "u-1", "user_hash": hash});
        let ada = begin(&desk, &shop, said).await.created();
        let again = begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": hash})).await.created();
        assert_eq!(ada["contact"]["id"], again["contact"]["id"], "from another browser, the same person");
        assert_eq!(again["contact"]["email"], "ada@mail.example");
        assert_ne!(ada["token"], again["token"]);
        for claim in [json!({"email": "ADA@mail.example"}), json!({"user_id": "u-1"})] {
            let mallory = begin(&desk, &shop, claim).await.created();
            assert_ne!(mallory["contact"]["id"], ada["contact"]["id"]);
            assert_eq!(mallory["contact"]["verified"], false);
        }
        // Nor does an agent's chat to an address reach whoever claims it, however well signed their id is.
        let to = json!({"client_id": uuid::Uuid::new_v4(), "widget_id": shop, "contact": {"email": "ada@mail.example"}, "body": "Your invoice"});
        let begun = desk.agent("Sam").await.post("/conversations", to).await.created();
        assert_ne!(begun["conversation"]["contact"]["id"], ada["contact"]["id"]);
        assert_eq!(person(&desk, &again).get("/conversations").await.ok()["items"], json!([]));
    }

    async fn who_is_identified_later_never_reads_another_customers_chat(desk) {
        let admin = desk.admin().await;
        let shop = widget(&admin, "anyone").await;
        let (one, two) = (signed(&admin, &shop, "u-1").await, signed(&admin, &shop, "u-2").await);

        // Nobody has the id yet: it becomes this contact's, with what they wrote.
        let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
        let chat = ada.writes("Hello").await;
        let wrong = ops::visit::identify(&ada.visitor_proof().await, said("u-1", Some(&two))).await;
        assert!(matches!(wrong, Err(Error::Invalid { .. })));
        let me = ops::visit::identify(&ada.visitor_proof().await, said("u-1", Some(&one))).await.unwrap();
        assert_eq!(me.id.unwrap().0, ada.id);
        assert_eq!(admin.get(&format!("/contacts/{}", ada.id)).await.ok()["verified"], true);

        // The next customer on the same browser is somebody else, at once and with an empty chat.
        let mut stream = ada.stream(None).await;
        let me = ops::visit::identify(&ada.visitor_proof().await, said("u-2", Some(&two))).await.unwrap();
        assert_ne!(me.id.unwrap().0, ada.id);
        assert!(stream.next().await.is_none(), "the stream of the former person ends");
        assert_eq!(ada.conversation(chat).await.status, 404);
        assert_eq!(ada.get("/me").await.ok()["id"], me.id.unwrap().to_string());

        // Somebody who is known already, on a new browser where nothing was written: signed in as that person.
        let phone = person(&desk, &begin(&desk, &shop, json!({})).await.created());
        let me = ops::visit::identify(&phone.visitor_proof().await, said("u-1", Some(&one))).await.unwrap();
        assert_eq!(me.id.unwrap().0, ada.id);
        assert_eq!(phone.thread(chat).await, ["Hello"]);

        // And where something was written, it stays readable, and staff see that it is them.
        let tablet = person(&desk, &begin(&desk, &shop, json!({})).await.created());
        let second = tablet.writes("Me again").await;
        ops::visit::identify(&tablet.visitor_proof().await, said("u-1", Some(&one))).await.unwrap();
        assert_eq!(tablet.thread(second).await, ["Me again"]);
        assert_eq!(admin.get(&format!("/contacts/{}", tablet.id)).await.ok()["verified"], true);
    }

    async fn what_the_visitor_looks_at_stands_beside_the_thread(desk) {
        let admin = desk.admin().await;
        let lamp = json!({"type": "product", "id": "SKU-1", "url": "https://shop.example/p/1", "label": "Blue lamp"});
        let said = json!({"page_url": "https://shop.example/p/1", "reference": lamp});
        let ada = person(&desk, &begin(&desk, &desk.widget.to_string(), said).await.created());
        let chat = ada.writes("Is it in stock?").await;
        assert_eq!(admin.conversation(chat).await.ok()["reference"], lamp, "what they came with is the first conversation's");
        assert_eq!(admin.get(&format!("/contacts/{}", ada.id)).await.ok()["page_url"], "https://shop.example/p/1");

        let mut stream = admin.stream(None).await;
        let chair = json!({"type": "product", "id": "SKU-2", "url": null, "label": null});
        ada.patch("/me", json!({"page_url": "https://shop.example/p/2", "reference": chair})).await.ok();
        let heard = stream.until("conversation.updated").await.data;
        assert_eq!(heard["data"]["conversation"]["reference"], chair);
        assert_eq!(heard["data"]["conversation"]["contact"]["page_url"], "https://shop.example/p/2");
        assert_eq!(admin.conversation(chat).await.ok()["reference"], chair);

        assert_eq!(fields(&ada.patch("/me", json!({"page_url": "javascript:alert(1)"})).await), ["page_url"]);
        assert_eq!(fields(&ada.patch("/me", json!({"availability": "away"})).await), ["availability"]);
        assert_eq!(fields(&admin.patch("/me", json!({"page_url": "https://x.example"})).await), ["page_url"]);
    }

    async fn a_contact_is_seen_with_a_conversation_and_not_otherwise(desk) {
        let (ada, admin, sam, kim) = (desk.visitor("Ada").await, desk.admin().await, desk.agent("Sam").await, desk.agent("Kim").await);
        let path = format!("/contacts/{}", ada.id);
        assert_eq!(sam.get(&path).await.status, 404, "nothing was written yet");
        let chat = ada.writes("Hello").await;
        sam.takes(chat).await;
        assert_eq!(sam.get(&path).await.ok()["name"], "Ada");
        assert_eq!(admin.get(&path).await.ok()["name"], "Ada");
        let hidden = kim.get(&path).await;
        assert_eq!(hidden.problem(), (404, "not_found".into()));
        assert_eq!(hidden.text, kim.get(&format!("/contacts/{}", uuid::Uuid::now_v7())).await.text, "the same bytes");
        assert_eq!(kim.patch(&path, json!({"name": "X"})).await.status, 404);
        assert_eq!(sam.patch(&path, json!({"name": "Ada Byron"})).await.ok()["name"], "Ada Byron");
        assert_eq!(ada.get(&path).await.problem(), (403, "forbidden".into()));
        let (other, _) = desk.second_workspace().await;
        assert_eq!(desk.admin_of(other, "Eve").await.get(&path).await.status, 404);
    }

    async fn an_admin_makes_changes_and_removes_widgets(desk) {
        let (admin, sam, ada) = (desk.admin().await, desk.agent("Sam").await, desk.visitor("Ada").await);
        assert_eq!(sam.post("/widgets", json!({"name": "X", "domains": []})).await.problem(), (403, "forbidden".into()));
        assert_eq!(ada.get("/widgets").await.problem(), (403, "forbidden".into()));
        assert_eq!(fields(&admin.post("/widgets", json!({})).await), ["domains", "name"]);
        assert_eq!(fields(&admin.post("/widgets", json!({"name": "X", "domains": ["ok.example", "no/path", "*"]})).await), ["domains"]);
        assert_eq!(fields(&admin.post("/widgets", json!({"name": "X", "domains": [], "color": 1})).await), ["color"]);

        let domains = ["HTTPS://Shop.Example.com", "*.example.org", "localhost:8081"];
        let made = admin.post("/widgets", json!({"name": "Shop", "domains": domains})).await;
        assert_eq!(made.headers["etag"], "\"1\"");
        let made = made.created();
        assert_eq!(made["domains"], json!(["shop.example.com", "*.example.org", "localhost:8081"]));
        assert_eq!((&made["policy"], &made["enabled"], &made["appearance"]["preset"]), (&json!("anyone"), &json!(true), &json!("blue")));
        let id = made["id"].as_str().unwrap();
        assert!(made["snippet"].as_str().unwrap().contains(&format!("widgetId: '{id}'")));
        assert_eq!(sam.get(&format!("/widgets/{id}")).await.ok()["name"], "Shop", "staff read");
        assert_eq!(sam.get("/widgets").await.ok()["items"].as_array().unwrap().len(), 2, "with the home widget");

        let path = format!("/widgets/{id}");
        let with = |tag: &'static str, body: Value| {
            let request = admin.request(Method::PATCH, &path).header("content-type", "application/json").header("if-match", tag);
            admin.ask(request.body(Body::from(body.to_string())).unwrap())
        };
        let gold = with("\"1\"", json!({"appearance": {"preset": "gold", "position": "bottom-left"}, "auto_open_delay_ms": 5000})).await;
        assert_eq!(gold.headers["etag"], "\"2\"");
        let gold = gold.ok();
        assert_eq!(gold["appearance"], json!({"primary_color": "#d4af37", "secondary_color": "#1a1a1a", "position": "bottom-left", "preset": "gold"}));
        assert_eq!(with("\"1\"", json!({"name": "Late"})).await.problem(), (409, "conflict".into()));
        let own = admin.patch(&path, json!({"appearance": {"primary_color": "#ABCDEF"}, "auto_open_delay_ms": null})).await.ok();
        assert_eq!((&own["appearance"]["preset"], &own["appearance"]["primary_color"]), (&json!("custom"), &json!("#abcdef")));
        assert_eq!((&own["auto_open_delay_ms"], &own["name"]), (&Value::Null, &json!("Shop")));

        let (other, _) = desk.second_workspace().await;
        let eve = desk.admin_of(other, "Eve").await;
        assert_eq!(eve.get(&path).await.text, eve.get(&format!("/widgets/{}", uuid::Uuid::now_v7())).await.text);
        assert_eq!(eve.patch(&path, json!({"name": "Mine"})).await.status, 404);
        assert_eq!(eve.delete(&path).await.status, 404);

        begin(&desk, id, json!({})).await.created();
        assert_eq!(admin.delete(&path).await.status, 204, "a visitor who never wrote is no reason to keep it");
        assert_eq!(admin.get(&path).await.status, 404);
        ada.writes("Hello").await;
        assert_eq!(admin.delete(&format!("/widgets/{}", desk.widget)).await.problem(), (409, "conflict".into()), "the home widget");
    }

    async fn a_disabled_widget_is_one_that_never_was(desk) {
        let admin = desk.admin().await;
        let shop = widget(&admin, "anyone").await;
        let id: WidgetId = shop.parse().unwrap();
        let config = |id: &str| { let nobody = desk.nobody(); let path = format!("/widgets/{id}/config"); async move { nobody.get(&path).await } };
        let found = config(&shop).await;
        assert_eq!(found.headers["access-control-allow-origin"], "*");
        let shown = found.ok();
        assert_eq!((&shown["online"], &shown["appearance"]["ink"]), (&json!(false), &json!("#000000")));
        assert!(!shown.to_string().contains("shop.example"), "the list of domains is not public");
        assert_eq!(ops::frame_ancestors(&desk.node, id).await.unwrap(), "'self' shop.example");
        let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
        ada.writes("Hello").await;

        admin.patch(&format!("/widgets/{shop}"), json!({"enabled": false})).await.ok();
        for absent in [uuid::Uuid::now_v7().to_string(), "nonsense".into()] {
            let (mut disabled, mut never) = (config(&shop).await, config(&absent).await);
            for reply in [&mut disabled, &mut never] {
                assert!(reply.headers.remove("x-request-id").is_some(), "the one header that every answer has of its own");
            }
            assert_eq!((disabled.status, &disabled.text, &disabled.headers), (never.status, &never.text, &never.headers));
            assert_eq!((disabled.status.as_u16(), &disabled.headers["access-control-allow-origin"]), (404, &"*".parse().unwrap()));
        }
        assert_eq!(ops::frame_ancestors(&desk.node, id).await.unwrap(), "'none'");
        assert_eq!(begin(&desk, &shop, json!({})).await.problem(), (404, "not_found".into()));
        // Before the cached session expires by itself.
        crate::test::soon_within(std::time::Duration::from_secs(10), "the visitor's session counts no more", || async { ada.get("/me").await.status == 401 }).await;
        assert_eq!(admin.delete(&format!("/widgets/{shop}")).await.problem(), (409, "conflict".into()), "it has a conversation");
    }

    async fn the_admin_hears_of_sites_that_are_refused(desk) {
        let admin = desk.admin().await;
        let shop = widget(&admin, "anyone").await;
        let id: WidgetId = shop.parse().unwrap();
        let ask = async |node: &crate::desk::state::Desk, origin: &str| {
            let path = format!("/widgets/{shop}/config");
            let nobody = desk.nobody().at(node);
            let request = nobody.request(Method::GET, &path).header("origin", origin).body(Body::empty()).unwrap();
            nobody.ask(request).await.ok();
        };
        let proof = admin.staff().await.admin().unwrap();
        let told = async || {
            let sheet = ops::form::sheet(&proof, id).await.unwrap();
            sheet.refused.into_iter().map(|r| r.site).collect::<Vec<_>>()
        };
        let other = desk.second_node().await;
        for fine in ["https://shop.example", "http://localhost:3000", "null", "https://x.example/path", "nonsense"] {
            ask(&desk.node, fine).await;
        }
        ask(&other, "http://localhost:8081").await;
        crate::test::soon("what another node heard is told", || async { told().await == ["http://localhost:8081"] }).await;
        for n in 1..=6 {
            let site = format!("https://x{n}.example");
            ask(&desk.node, &site).await;
            crate::test::soon("the last one stands first", || async { told().await[0] == site }).await;
        }
        assert_eq!(told().await, [6, 5, 4, 3, 2].map(|n| format!("https://x{n}.example")), "few are kept");

        // What is allowed meanwhile is refused no more; a widget that goes takes its sites along.
        let now = told().await[0].trim_start_matches("https://").to_owned();
        admin.patch(&format!("/widgets/{shop}"), json!({"domains": [now]})).await.ok();
        assert_eq!(told().await.len(), 4);
        assert_eq!(admin.delete(&format!("/widgets/{shop}")).await.status, 204);
        other.stop().cancel();
    }

    async fn a_page_on_the_own_machine_may_frame_it_over_http(desk) {
        let admin = desk.admin().await;
        let made = admin.post("/widgets", json!({"name": "Shop", "domains": ["shop.example", "localhost:8081"]})).await.created();
        let id: WidgetId = made["id"].as_str().unwrap().parse().unwrap();
        let told = ops::frame_ancestors(&desk.node, id).await.unwrap();
        assert_eq!(told, "'self' shop.example localhost:8081 http://localhost:8081");
    }

    async fn a_new_secret_ends_the_old_signatures(desk) {
        let admin = desk.admin().await;
        let shop = widget(&admin, "verified_only").await;
        let old = signed(&admin, &shop, "u-1").await;
        begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": old})).await.created();
        ops::renew_secret(&admin.staff().await.admin().unwrap(), shop.parse().unwrap()).await.unwrap();
        assert_eq!(fields(&begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": old})).await), ["user_hash"]);
        let new = signed(&admin, &shop, "u-1").await;
        begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": new})).await.created();
    }

    async fn new_sessions_from_one_address_are_limited(desk) {
        let node = desk.limited().await;
        let nobody = desk.nobody().at(&node);
        let (mut refused, since) = (0, std::time::Instant::now());
        for _ in 0..70 {
            let reply = nobody.post(&format!("/widgets/{}/visitors", desk.widget), json!({})).await;
            if reply.status == 429 {
                assert!(reply.headers.contains_key("retry-after"));
                refused += 1;
            }
        }
        let again = since.elapsed().as_secs(); // one each second
        assert!(refused <= 10 && refused + again + 1 >= 10, "{refused} of 70 refused in {again} s, at 60 a minute");
        node.stop().cancel();
    }
}
