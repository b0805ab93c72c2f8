// What is written to a tenant: fields of its tickets, notes, and merges of its clients and contacts.
#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <psabridge/plugin.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session.h"

namespace psabridge::halo {

/// Throws Failure for what stops all changes: the network, the sign-in, a right that is missing. Thread-safe;
/// whoever makes notes calls it from one thread at a time.
class Push {
 public:
  explicit Push(Session& session) : session_(session) {}

  void push(std::span<const sdk::Change> changes, sdk::Pushed& pushed);

 private:
  /// A ticket that is to be changed.
  struct Update {
    const sdk::Change* change;
    boost::json::object before;  ///< as Halo showed it
    boost::json::object row;     ///< what is posted; only an id: nothing has to be
    bool completed = false;      ///< with what some tenants want to see in an update
  };

  std::optional<Update> looked_at(const sdk::Change& change, sdk::Pushed& pushed);
  void write(std::span<Update> updates, sdk::Pushed& pushed, std::vector<Update*>& written);
  void confirm(const Update& update, sdk::Pushed& pushed);

  void make_note(const sdk::Change& change, sdk::Pushed& pushed);
  std::optional<std::string> note_that_is_there(const sdk::Change& change);
  void confirm_note(const sdk::Change& change, const std::string& id, sdk::Pushed& pushed);

  Session& session_;
};

}  // namespace psabridge::halo
