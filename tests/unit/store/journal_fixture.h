// What the tests of the journal share.
#pragma once
#include <future>
#include <initializer_list>
#include <optional>

#include "core/store/journal.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {

inline std::filesystem::path journal_file(const TestFolder& folder) {
  return folder.file().string() + ".events";
}

inline Delivery delivery(const std::string& key, const std::string& body,
                         const std::string& connection = "acme") {
  return {connection, key, body, "192.0.2.7"};
}

/// Accepts and waits; throws what the journal says.
inline Acceptance accept(Journal& journal, Delivery delivery) {
  std::promise<Acceptance> promise;
  const bool taken =
      journal.accept(std::move(delivery), [&](const Acceptance& acceptance, const std::exception_ptr& error) {
        if (error)
          promise.set_exception(error);
        else
          promise.set_value(acceptance);
      });
  if (!taken) throw std::runtime_error("the waiting room is full");
  return promise.get_future().get();
}

inline DecodedEvent ticket_event(const std::string& key, const std::string& id,
                                 const std::string& body = {}) {
  return {key, "updated", "ticket", id, "2026-03-01T07:59:58.000Z", "agent 3", body};
}

/// A journal that can be closed and opened again, and its reader.
class OpenJournal {
 public:
  explicit OpenJournal(const TestFolder& folder, JournalOptions options = {})
      : folder_(folder), options_(options), reader_(folder.url()) {
    open();
  }

  void open() { journal_.emplace(folder_.url(), clock, options_); }
  void close() { journal_.reset(); }
  void reopen() {
    close();
    open();
  }

  Journal* operator->() { return &*journal_; }
  JournalReader& reader() { return reader_; }

  Acceptance accept(Delivery delivery) { return store::accept(*journal_, std::move(delivery)); }
  /// An accepted delivery without a key.
  EventId event(const std::string& body) { return accept(delivery("", body)).event; }
  /// An accepted delivery that became one ticket event.
  EventId ticket(const std::string& key, const std::string& id) {
    const EventId event = accept(delivery(key, "about " + key)).event;
    decode(event, {ticket_event(key, id, "about " + key)});
    return event;
  }
  std::vector<Event> decode(EventId id, std::vector<DecodedEvent> events, std::string reason = {}) {
    const Decoding decoding{id, std::move(events), std::move(reason)};
    return journal_->decoded({&decoding, 1});
  }
  void start(EventId id) { journal_->start({&id, 1}); }
  void settle(const Settlement& settlement) { journal_->settle({&settlement, 1}); }
  void die(EventId id, const std::string& code, const std::string& reason) {
    settle({.id = id, .state = EventState::dead, .code = code, .reason = reason});
  }
  void pass(Milliseconds span) { clock.sleep(span, {}); }

  /// As the reader sees it; it must be there.
  Event at(EventId id) { return reader_.event(id).value(); }
  EventState state(EventId id) { return at(id).state; }
  /// "waiting PB1105 slow | ready  replay": the history in order.
  std::string history(EventId id) {
    std::string text;
    for (const EventStep& step : reader_.history(id))
      text += (text.empty() ? "" : " | ") + step.state + " " + step.code + " " + step.reason;
    return text;
  }

  StandingClock clock;

 private:
  const TestFolder& folder_;
  const JournalOptions options_;
  JournalReader reader_;
  std::optional<Journal> journal_;
};

inline std::vector<EventId> ids_of(const std::vector<Event>& events) {
  std::vector<EventId> ids;
  for (const Event& event : events) ids.push_back(event.id);
  return ids;
}

}  // namespace psabridge::store
