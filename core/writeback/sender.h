// The way from the outbox to the source: what is due goes out in order, is confirmed by the source, and is
// tried again or shown to somebody when it is not.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/connection/memory.h"
#include "core/connection/services.h"
#include "core/net/retry.h"
#include "core/plugin/registry.h"
#include "core/store/outbox.h"
#include "core/store/shared_writer.h"

namespace psabridge::writeback {

/// What became of the changes that were due.
struct SendReport {
  std::uint64_t confirmed = 0, conflicts = 0, failed = 0, dropped = 0;
  std::uint64_t put_off = 0;     ///< wait for another try
  std::optional<Error> failure;  ///< of a call as a whole: the source was not reached, a right is missing
};

/// A request that would change the source.
struct DryCall {
  std::string method, url, body;
};
/// What sending would do, as far as it shows before anything is written.
struct Preview {
  std::vector<DryCall> calls;
  struct Conflict {
    store::OutboxChange change;
    std::string shown;
  };
  std::vector<Conflict> conflicts;
  std::vector<store::OutboxChange> there;  ///< the source shows the value already
  struct Refusal {
    store::OutboxChange change;
    Error why;
  };
  std::vector<Refusal> refused;  ///< must not go any more
  std::optional<Error> failure;  ///< why it ended early
};

/// Sends for one pipeline. One thread at a time.
class Sender {
 public:
  /// Everything referred to outlives it. Throws what the connector's plugin says of its settings.
  Sender(const config::Pipeline& pipeline, const config::Connection& connection,
         const plugin::Registry& registry, const connection::Installation& installation,
         store::SharedWriter& store, std::shared_ptr<net::RateLimiter> limiter);

  /// Everything that is due, until nothing is or a call fails; cheap when nothing is. Throws Error PB1906,
  /// PB1907, PB1908 when the connection may not be used now, PB2309 when somebody else sends for it.
  SendReport send(const plugin::Stop& stop);
  /// Reads the source and writes nothing there nor in the store. The host lets only GET out, whatever the
  /// plugin tries.
  Preview preview(const plugin::Stop& stop);

 private:
  /// Changes that go out together: fields of one record, or one that goes alone.
  struct Parcel {
    std::vector<store::OutboxChange> changes;
    plugin::OutgoingChange plain;
  };
  using Load = std::vector<Parcel>;

  bool is_any_due();
  std::vector<store::OutboxChange> due() const;
  std::vector<Parcel> parcels_of(std::vector<store::OutboxChange> due) const;
  std::vector<store::OutboxChange> sendable(SendReport& report);
  std::vector<Load> due_loads(SendReport& report);
  Parcel parcel_of(std::vector<store::OutboxChange> changes) const;
  plugin::OutgoingChange plain_of(const std::vector<store::OutboxChange>& changes) const;
  std::optional<std::vector<std::string>> overwritable(const store::OutboxChange& change) const;
  std::optional<Error> objection(const store::OutboxChange& change) const;
  void mark_sent(Load& parcels);
  bool push(Load parcels, const plugin::Stop& stop, SendReport& report);
  bool push_alone(Load refused, const plugin::Stop& stop, SendReport& report);
  void settle(Parcel& parcel, const plugin::ChangeEnd& end, const std::optional<Error>& failure,
              SendReport& report);
  void settle_done(store::OutboxChange& change, const plugin::ChangeEnd& end, SendReport& report);
  void put_off(store::OutboxChange& change, const Error& why, SendReport& report);
  void fail(store::OutboxChange& change, const Error& why, SendReport& report);
  std::string policy_of(const std::string& field) const;

  const config::Pipeline& pipeline_;
  const config::Connection& connection_;
  const plugin::Registry& registry_;
  const connection::Installation installation_;
  store::SharedWriter& store_;
  Clock& clock_;
  connection::Standing standing_;
  connection::StoredMemory memory_;
  connection::Services services_;
  std::unique_ptr<plugin::Connector> connector_;
  net::Backoff backoff_;
};

}  // namespace psabridge::writeback
