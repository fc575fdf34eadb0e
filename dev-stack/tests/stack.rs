//! Starts, stops, kills and restarts the real things.

use std::net::TcpStream;

use dev_stack::kafka::Kafka;
use dev_stack::postgres::{Postgres, Stop};

fn answers(kafka: &Kafka) -> bool {
    TcpStream::connect(kafka.brokers()).is_ok()
}

#[test]
fn kafka_starts_again_after_a_stop_and_after_a_kill() {
    let mut kafka = Kafka::temporary().unwrap();
    let brokers = kafka.brokers();
    assert!(answers(&kafka));

    kafka.stop().unwrap();
    assert!(!answers(&kafka));
    kafka.start_again().unwrap();
    assert!(answers(&kafka));

    kafka.kill().unwrap();
    assert!(!answers(&kafka));
    kafka.start_again().unwrap();
    assert!(answers(&kafka));
    assert_eq!(kafka.brokers(), brokers);
}

#[test]
fn postgres_keeps_what_it_has_through_stops_and_kills() {
    let mut postgres = Postgres::temporary().unwrap();
    postgres.create_database("votes").unwrap();

    for how in [Stop::Fast, Stop::Immediate] {
        postgres.stop(how).unwrap();
        assert!(postgres.sql("SELECT 1").is_err());
        postgres.start_again().unwrap();
    }
    postgres.kill().unwrap();
    postgres.start_again().unwrap();

    let found = postgres.sql("SELECT count(*) FROM pg_database WHERE datname = 'votes'");
    assert_eq!(found.unwrap(), "1");
    // Creating what is there is no error.
    postgres.create_database("votes").unwrap();
}

#[test]
fn a_second_server_on_the_same_port_is_told_which_port_is_taken() {
    let mut first = Postgres::temporary().unwrap();
    let error = first.start_again().unwrap_err();
    assert_eq!(error.to_string(), "Postgres already runs");
    first.stop(Stop::Fast).unwrap();
    let address = first.url();
    let port = address.split([':', '/']).nth(4).unwrap();
    let _squatter = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    let error = first.start_again().unwrap_err();
    assert_eq!(error.to_string(), format!("port {port}, which Postgres needs, is in use by another program"));
}
