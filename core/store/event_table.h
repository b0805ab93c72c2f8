// What the journal writes: each function does its part of a transaction that the caller begins and ends.
// Nothing here knows of threads.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/store/database.h"
#include "core/store/journal.h"
#include "core/store/key_book.h"

namespace psabridge::store {

/// A delivery on its way into the file.
struct Arrival {
  /// Made on the thread of whoever brings it: digests cost more than the rest.
  Arrival(Delivery delivery, SysMilliseconds received);

  Delivery delivery;
  SysMilliseconds received;
  Digest digest;  ///< of connection, key and body
  Digest name{};  ///< of connection and key, when it has a key
};

class EventTable {
 public:
  /// Both outlive the object. Reads the digests of all events that are kept.
  EventTable(Database& database, Clock& clock);

  Acceptance accept(const Arrival& arrival);
  void start(std::span<const EventId> ids);
  std::vector<Event> decode(std::span<const Decoding> decodings);
  void settle(const Settlement& settlement);
  /// Counts a crash for each event that was started and not settled.
  void count_crashes();

  // Each returns how many events it changed: none when the event is in no fitting state, several when it
  // came in parts.
  std::uint64_t hold(EventId id, const std::string& why);
  std::uint64_t release(EventId id, const std::string& why);
  std::uint64_t skip(EventId id, const std::string& why);
  std::uint64_t replay(EventId id, const std::string& why);
  std::uint64_t discard(EventId id, const std::string& why);

  bool prune(const Retention& retention);

  /// The transaction is on disk. True: it made events ready.
  bool keep();
  /// It was undone.
  void undo();

 private:
  struct Known {
    SysMilliseconds received;
    std::uint32_t revision;
  };
  std::optional<Known> with_digest(EventId id, const Digest& digest);
  std::uint32_t revision_of_key(EventId id, const Delivery& delivery);
  void insert(EventId id, const Arrival& arrival, std::uint32_t revision);
  EventId next_id();

  void decode_one(EventId id, const DecodedEvent& decoded);
  EventId add_part(EventId delivery, const DecodedEvent& decoded);
  void split(const Decoding& decoding);
  void describe(EventId id, const DecodedEvent& decoded);
  void skip_repetition(EventId id, const DecodedEvent& decoded);
  void finish(EventId id, EventState state, const std::string& reason, const std::string& effect,
              EventId cause);

  std::string fingerprint_of(const Settlement& settlement);
  std::uint64_t replay_one(EventId id, const std::string& why);
  std::uint64_t noted(EventId id, EventState state, const std::string& why);
  void note(EventId id, EventState state, const std::string& code, const std::string& reason);
  void remove(EventId id);

  std::int64_t now() const;

  Database& database_;
  Clock& clock_;
  KeyBook book_;
  bool made_ready_ = false;
};

}  // namespace psabridge::store
