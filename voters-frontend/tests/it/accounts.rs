//! What a frontend publishes of the votes that it sent.

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use test_support::eventually;
use voting_commons::accounts::{self, Account, Statement};
use voting_commons::adapters::kafka::KafkaArgs;

use crate::support::Service;

/// The statements so far, read anew.
fn statements(kafka: &KafkaArgs) -> Vec<Statement> {
    let consumer: BaseConsumer = kafka.client_config("test").set("group.id", "test").create().unwrap();
    let topic = kafka.accounts_topic();
    let (first, end) = test_support::watermarks(&consumer, &topic, 0);
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(&topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&place).unwrap();
    let read = |_| {
        let record = consumer.poll(test_support::PATIENCE).expect("a record is there").unwrap();
        accounts::decode(record.key().unwrap(), record.payload().unwrap()).expect("it is a statement")
    };
    (first..end).map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_is_accounted_for_once_and_the_end_is_said() {
    let (service, _database) = Service::fresh().await;
    let kafka = service.kafka.clone();
    let ballot = service.ballot().await;
    for _ in 0..2 {
        assert_eq!(service.cast(&ballot, "").await.status, 202);
    }
    eventually("the vote's account", async || {
        let is_it = |statement: &Statement| {
            matches!(statement, Statement::Account { account: Account { sent: 1, accepted: 1 }, .. })
        };
        statements(&kafka).iter().any(is_it).then_some(())
    })
    .await;
    let is_alive = |statement: &Statement| matches!(statement, Statement::Heartbeat { ended: false, .. });
    eventually("a heartbeat", async || statements(&kafka).iter().any(is_alive).then_some(())).await;

    service.stop().await.unwrap();
    let last = *statements(&kafka).last().unwrap();
    assert!(matches!(last, Statement::Heartbeat { ended: true, .. }), "{last:?}");
}
