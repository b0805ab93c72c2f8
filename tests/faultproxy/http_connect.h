// The one request of an HTTP proxy: CONNECT.
#pragma once
#include <atomic>
#include <optional>
#include <string>

#include "tests/faultproxy/fault_proxy.h"

namespace psabridge::test {

struct ConnectRequest {
  Target target;
  std::string credentials;  ///< "user:password" of a Basic sign-in, or empty
};

/// Reads the head, and not a byte more. Other requests are answered 405. Nothing when it is none, when the
/// client went away, or when `stopping`.
std::optional<ConnectRequest> read_connect(const Socket& client, const std::atomic<bool>& stopping);
/// 200 opens the tunnel; every other status is an answer whose end the client may read in peace.
void answer_connect(const Socket& client, int status);

}  // namespace psabridge::test
