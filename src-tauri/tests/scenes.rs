//! What people see in the tray, and what comes of a click.

use model::ServerState;
use serde_json::json;
use testkit::gateway::Gateway;
use testkit::process;

use crate::app::App;
use crate::panel::Panel;

/// A gateway's files with one scripted server.
fn one_server() -> Gateway {
    let builder = Gateway::builder().fake("fake", &["--tools", "2"]);
    builder.expect("built").prepare().expect("files")
}

async fn show(gateway: Gateway) -> (App, Panel) {
    let app = App::start(gateway).expect("starts");
    let panel = Panel::start(&app.bus.address).await.expect("a panel");
    (app, panel)
}

#[tokio::test]
async fn the_menu_follows_the_servers() {
    let (app, panel) = show(one_server()).await;
    let menu = panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    insta::assert_snapshot!("ready", menu);
    let mut servers = serde_json::Map::new();
    servers.insert(
        "absent".to_owned(),
        json!({"command": "no-such-program-anywhere"}),
    );
    app.gateway.write_servers(servers).expect("written");
    let menu = panel.wait_first("1 not working").await.expect("broken");
    insta::assert_snapshot!("broken", menu);
    app.gateway
        .write_servers(serde_json::Map::new())
        .expect("written");
    let menu = panel.wait_first("No servers yet").await.expect("empty");
    insta::assert_snapshot!("empty", menu);
}

#[tokio::test]
async fn the_icon_is_offered_in_every_size_and_gets_a_badge() {
    let (app, panel) = show(one_server()).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    let plain = panel.icons().await.expect("icons");
    let sizes: Vec<_> = plain.iter().map(|(width, ..)| *width).collect();
    assert_eq!(sizes, [16, 22, 24, 32, 48, 64]);
    for (width, height, pixels) in &plain {
        assert_eq!(
            pixels.len(),
            usize::try_from(width * height * 4).expect("positive")
        );
    }
    let mut servers = serde_json::Map::new();
    servers.insert(
        "absent".to_owned(),
        json!({"command": "no-such-program-anywhere"}),
    );
    app.gateway.write_servers(servers).expect("written");
    panel.wait_first("1 not working").await.expect("broken");
    assert_ne!(panel.icons().await.expect("icons"), plain);
}

#[tokio::test]
async fn a_panel_that_comes_back_shows_the_tray_again() {
    let (app, panel) = show(one_server()).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    panel.stop().await.expect("stopped");
    let panel = Panel::start(&app.bus.address).await.expect("another panel");
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
}

#[tokio::test]
async fn quitting_ends_the_servers_too() {
    let (mut app, panel) = show(one_server()).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    assert!(app.processes().len() > 1, "the program and its server");
    panel.choose("Quit Toolgate").await.expect("chosen");
    assert!(app.ended().await.expect("ended").success());
    let gone = || app.processes().is_empty();
    assert!(process::wait_for(std::time::Duration::from_secs(10), gone).await);
}

#[tokio::test]
async fn the_end_of_the_session_ends_everything_in_order() {
    let (mut app, panel) = show(one_server()).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    process::terminate(app.pid());
    assert!(app.ended().await.expect("ended").success());
    let gone = || app.processes().is_empty();
    assert!(process::wait_for(std::time::Duration::from_secs(10), gone).await);
}

#[tokio::test]
async fn a_gateway_that_runs_already_is_used_and_left_alone() {
    let mut gateway = one_server();
    gateway.launch().await.expect("the gateway starts");
    let pid = gateway.pid().expect("it runs");
    let (mut app, panel) = show(gateway).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    panel.choose("Quit Toolgate").await.expect("chosen");
    assert!(app.ended().await.expect("ended").success());
    assert!(process::lives(pid), "it was there before");
    let server = app.gateway.server("fake").await.expect("it still answers");
    assert_eq!(server.state, ServerState::Ready);
}

#[tokio::test]
async fn when_the_other_gateway_ends_its_place_is_taken() {
    let mut gateway = one_server();
    gateway.launch().await.expect("the gateway starts");
    let (mut app, panel) = show(gateway).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    app.gateway.kill9().await.expect("killed");
    let own = app.pid();
    let taken = app
        .gateway
        .wait_until("ours serves", |state| state.pid == own);
    taken.await.expect("the place is taken");
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready again");
}

#[tokio::test]
async fn pausing_and_resuming_are_asked_of_the_gateway() {
    let (app, panel) = show(one_server()).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    panel.choose("Until I resume").await.expect("chosen");
    let paused = app
        .gateway
        .wait_until("it is paused", |state| state.pause.is_some());
    paused.await.expect("paused");
    let menu = panel
        .wait_first("Paused until you resume")
        .await
        .expect("shown");
    insta::assert_snapshot!("paused", menu);
    panel.choose("Resume").await.expect("chosen");
    let resumed = app
        .gateway
        .wait_until("it goes on", |state| state.pause.is_none());
    resumed.await.expect("resumed");
}

#[tokio::test]
async fn a_second_start_hands_its_link_over_and_ends() {
    let (app, panel) = show(one_server()).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    let link = "toolgate://mcp/install?name=offered&config=eyJjb21tYW5kIjoieCJ9";
    let status = app.start_again(&[link]).await.expect("ends");
    assert!(status.success());
    let menu = panel.wait_first("1 needs you").await.expect("shown");
    assert!(menu.contains("Review 1 server…"), "{menu}");
    let refused = app
        .start_again(&["https://example.com"])
        .await
        .expect("ends");
    assert!(!refused.success());
}

#[tokio::test]
async fn a_window_that_cannot_open_is_told() {
    // There is no display here, so the window's program ends at once.
    let (_app, panel) = show(one_server()).await;
    panel
        .wait_first("Your server is ready")
        .await
        .expect("ready");
    panel.activate().await.expect("clicked");
    let notice = panel.wait_notice("The window could not be opened").await;
    assert!(notice.expect("told").actions.is_empty());
}

#[tokio::test]
async fn a_notice_is_answered_with_its_one_button() {
    let gateway = one_server();
    let mut servers = serde_json::Map::new();
    servers.insert(
        "absent".to_owned(),
        json!({"command": "no-such-program-anywhere"}),
    );
    gateway.write_servers(servers).expect("written");
    let (_app, panel) = show(gateway).await;
    let notice = panel
        .wait_notice("absent is not working")
        .await
        .expect("told");
    assert_eq!(notice.actions, ["default", "Show", "act", "Show"]);
    panel.answer(&notice).await.expect("clicked");
    // Without a display the window that it opens is told of.
    panel
        .wait_notice("The window could not be opened")
        .await
        .expect("tried");
}
