// Lists carry custom fields only when these are asked for by id, so their ids have to be known first.
#pragma once
#include <mutex>
#include <optional>
#include <psabridge/plugin.hpp>
#include <string>

#include "session.h"

namespace psabridge::halo {

/// The ids of the tenant's custom fields; asked rarely and kept in the connector's state, so that a look for
/// changes costs no request for them. Thread-safe.
class CustomFields {
 public:
  CustomFields(const sdk::Host& host, Session& session) : host_(host), session_(session) {}
  /// Comma separated; empty when there are none or when they may not be read (a warning is logged then).
  /// `renewed`: ask the server unless this object did so already, because a full read begins.
  std::string ids(bool renewed);

 private:
  std::optional<std::string> kept_ids() const;
  std::string asked_ids();

  const sdk::Host& host_;
  Session& session_;
  std::mutex mutex_;
  std::optional<std::string> ids_;
  bool asked_ = false;
};

}  // namespace psabridge::halo
