//! Starts, stops, kills and restarts the real things.

use std::net::TcpStream;
use std::time::Duration;

use dev_stack::kafka::Kafka;
use dev_stack::postgres::{Postgres, Stop};
use dev_stack::wait_until;

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
fn a_standby_follows_and_takes_over() {
    let mut primary = Postgres::temporary().unwrap();
    let standby = primary.temporary_standby().unwrap();
    primary.create_database("votes").unwrap();
    let found = "SELECT count(*) FROM pg_database WHERE datname = 'votes'";
    let follows = || Ok(standby.sql(found).is_ok_and(|count| count == "1").then_some(()));
    wait_until("the standby did not follow", Duration::from_secs(60), follows).unwrap();
    assert!(standby.create_database("more").is_err());

    primary.kill().unwrap();
    standby.promote().unwrap();
    standby.create_database("more").unwrap();
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
