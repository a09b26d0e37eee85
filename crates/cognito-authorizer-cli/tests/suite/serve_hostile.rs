//! `serve` under attack: by those who reach its port, and by what happens to its files.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
};

use http::StatusCode;

use crate::serve::{Scene, ask};

/// Sends bytes on a connection of their own, and reads until the answer has this text.
fn exchange(scene: &Scene, bytes: &[u8], until: &str) -> String {
    let mut stream = connect(scene);
    // The server may answer, and close, before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while !String::from_utf8_lossy(&answer).contains(until) {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(length) => answer.extend_from_slice(&part[..length]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn connect(scene: &Scene) -> TcpStream {
    TcpStream::connect(scene.running.url.strip_prefix("http://").unwrap()).unwrap()
}

const CHECK: &str = "x-original-method: GET\r\nx-original-uri: /orders\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_is_not_read_however_long_it_is() {
    let scene = Scene::start(&[]).await;
    let megabyte = "x".repeat(1 << 20);
    for body in [
        format!("content-length: 1099511627776\r\n\r\n{megabyte}"),
        format!("transfer-encoding: chunked\r\n\r\n100000\r\n{megabyte}\r\n"),
        "transfer-encoding: chunked\r\n\r\nnot a length\r\n".to_owned(),
        "expect: 100-continue\r\ncontent-length: 5\r\n\r\n".to_owned(),
    ] {
        let check = format!("POST /check HTTP/1.1\r\nhost: a\r\n{CHECK}{body}");
        let answer = exchange(&scene, check.as_bytes(), "\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    assert_eq!(scene.check("/health", "").await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_not_a_request_is_refused_and_the_next_check_answered() {
    let scene = Scene::start(&[]).await;
    let long = format!("GET /check HTTP/1.1\r\nhost: a\r\nx-long: {}\r\n\r\n", "a".repeat(300 * 1024));
    let many = format!("GET /check HTTP/1.1\r\nhost: a\r\n{}\r\n", "x-many: 1\r\n".repeat(1000));
    let long_path = format!("GET /check/{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(100 * 1024));
    for (bytes, status) in [
        (long.as_bytes(), "431"),
        (many.as_bytes(), "431"),
        (long_path.as_bytes(), "414"),
        (b"GET /check HTTP/1.1\r\nhost: a\r\nx\0: 1\r\n\r\n", "400"),
        (b"GET  /check HTTP/1.1\r\n\r\n", "400"),
        (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "400"),
        (
            b"POST /check HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked, x\r\n\r\n",
            "400",
        ),
        // Which of the two the proxy meant is not guessed.
        (
            b"GET /check HTTP/1.1\r\nhost: a\r\nx-original-method: GET\r\nx-original-uri: /health\r\nx-original-uri: /orders\r\n\r\n",
            "500",
        ),
    ] {
        let answer = exchange(&scene, bytes, "\r\n\r\n");
        let got = answer.split(' ').nth(1).unwrap_or(&answer).to_owned();
        assert_eq!(got, status, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(80)]));
        assert_eq!(scene.check("/health", "").await, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn connections_that_send_half_a_request_hold_up_no_other() {
    let scene = Scene::start(&[]).await;
    let halves = ["", "G", "PRI * HTTP/2.0\r\n", "GET /check HTTP/1.1\r\nhost: a\r\nx-origin"];
    let held: Vec<_> = halves
        .iter()
        .cycle()
        .take(200)
        .map(|half| {
            let mut stream = connect(&scene);
            stream.write_all(half.as_bytes()).unwrap();
            stream
        })
        .collect();
    let token = scene.pool.access_token("ada").scope("orders/read").sign();
    assert_eq!(scene.check("/orders", &token).await, StatusCode::OK);
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_hangup_at_the_start_does_not_end_it() {
    for _ in 0..3 {
        let scene = Scene::listening(&[]).await;
        scene.signal("HUP");
        scene.until("/status", |_, body| !body.contains(r#""replaced":0"#)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_hangups_and_half_written_files_loses_no_check() {
    let scene = Scene::start(&[]).await;
    let token = scene.pool.access_token("ada").scope("orders/read").sign();
    let routes = fs::read_to_string(scene.file()).unwrap();
    for round in 0..40 {
        // Cut anywhere, as while it is written; some parts are whole files with fewer routes, and none is more open.
        fs::write(scene.file(), &routes.as_bytes()[..routes.len() * (round % 8) / 8]).unwrap();
        scene.signal("HUP");
        fs::write(scene.file(), &routes).unwrap();
        scene.signal("HUP");
        assert_eq!(ask(&scene.client, &scene.running.url, "/orders", "").await, StatusCode::UNAUTHORIZED);
        let status = scene.check("/orders", &token).await;
        assert_eq!(status, StatusCode::OK);
    }
    scene.until("/status", |_, body| body.contains(r#""last_replacement_failed":false"#)).await;
}

/// What a file may be replaced by. Opening a FIFO would wait for a writer, and a device has no end.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_file_that_is_replaced_by_something_else_leaves_the_old_routes() {
    let scene = Scene::start(&[]).await;
    let token = scene.pool.access_token("ada").scope("orders/read").sign();
    let (file, kept) = (scene.file(), scene.folder.path().join("kept.toml"));
    let routes = fs::read_to_string(&file).unwrap();
    fs::write(&kept, &routes).unwrap();
    let link = |to: &Path| std::os::unix::fs::symlink(to, scene.file()).unwrap();
    let replacements: [(&str, &dyn Fn()); 8] = [
        ("nothing", &|| {}),
        ("a directory", &|| fs::create_dir(scene.file()).unwrap()),
        ("a link to nothing", &|| link(Path::new("absent.toml"))),
        ("a link to itself", &|| link(&scene.file())),
        ("a link to a device", &|| link(Path::new("/dev/zero"))),
        ("a FIFO", &|| assert!(Command::new("mkfifo").arg(scene.file()).status().unwrap().success())),
        ("an empty file", &|| fs::write(scene.file(), "").unwrap()),
        ("a file without an end", &|| fs::write(scene.file(), vec![b'#'; (16 << 20) + 1]).unwrap()),
    ];
    for (number, (what, replace)) in replacements.iter().enumerate() {
        let _ = fs::remove_dir(&file);
        let _ = fs::remove_file(&file);
        replace();
        scene.signal("HUP");
        scene.until("/status", |_, body| body.contains(r#""last_replacement_failed":true"#)).await;
        assert_eq!(scene.check("/orders", &token).await, StatusCode::OK, "{what}");
        assert_eq!(scene.check("/orders", "").await, StatusCode::UNAUTHORIZED, "{what}");
        let _ = fs::remove_dir(&file);
        let _ = fs::remove_file(&file);
        // Back, by a link to a whole file: as a mounted `ConfigMap` does it.
        link(&kept);
        scene.signal("HUP");
        let replaced = format!(r#""replaced":{}"#, number + 1);
        scene.until("/status", |_, body| body.contains(&replaced) || !body.contains("_failed\":true")).await;
    }
}
