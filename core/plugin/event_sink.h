// What `decode` pushes into.
#pragma once
#include <psabridge/abi.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/plugin/instance.h"
#include "core/plugin/roles.h"

namespace psabridge::plugin {

/// Takes the events of a delivery and refuses one that breaks the contract. Lives on the stack of the thread
/// that calls the verb, and no longer than `call` and `profile`.
class EventSink {
 public:
  EventSink(VerbCall& call, const ConnectorProfile& profile) : call_(call), profile_(profile) {}
  const psabridge_event_sink* plain() const noexcept { return &plain_; }
  std::vector<Event> finish() { return std::move(events_); }

 private:
  void add(const psabridge_event& event);
  Event copy(const psabridge_event& event) const;
  void check_object(const Event& event) const;
  void check_record(const Event& event, const psabridge_slice& record) const;
  std::string text(psabridge_str given, std::string_view name) const;
  static void on_event(void* self, const psabridge_event* event) noexcept;

  VerbCall& call_;
  const ConnectorProfile& profile_;
  std::vector<Event> events_;
  psabridge_event_sink plain_{sizeof(psabridge_event_sink), this, &on_event};
};

}  // namespace psabridge::plugin
