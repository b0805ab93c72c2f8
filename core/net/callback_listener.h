// The loopback page that a browser comes back to after a sign-in.
#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/descriptor.h"
#include "core/net/patience.h"

namespace psabridge::net {

/// What the browser is shown. Texts are plain: they are escaped, and the page has no script, style or link.
struct CallbackAnswer {
  int status = 200;
  std::string title, text;
  bool done = false;  ///< the sign-in is decided, well or not: wait() ends when the page is out
};

/// Listens on one loopback address and answers one exact path; every other path is 404, every method but GET
/// 405. A request has 8 KiB for its head and 10 s for all of it; slow or silent clients hold nobody up, and
/// beyond 32 connections the oldest gives way. One thread; requests are served inside wait() only.
class CallbackListener {
 public:
  /// Called inside wait() with the decoded query of each callback, until it says done. What it throws comes
  /// out of wait(), after the browser was told that the sign-in failed.
  using Handler = std::function<CallbackAnswer(const std::map<std::string, std::string>& query)>;

  /// `host` is "127.0.0.1", "::1" or "localhost"; port 0 takes any free one. `clock` outlives the listener.
  /// Throws Error PB1218 when the address is not loopback or cannot be listened at.
  CallbackListener(const std::string& host, std::uint16_t port, std::string path, Handler handler,
                   Clock& clock);
  ~CallbackListener();
  CallbackListener(const CallbackListener&) = delete;
  CallbackListener& operator=(const CallbackListener&) = delete;

  std::uint16_t port() const;
  /// Serves until the handler said done (true), or until `span` is over or `stop` is true (false). May be
  /// called again after false.
  bool wait(const Stop& stop, Milliseconds span);

 private:
  class Connection;

  void accept_waiting();
  void serve_ready();
  std::string answer_to(std::string_view head);
  std::string answer_callback(std::string_view query);

  const std::string path_;
  const Handler handler_;
  Clock& clock_;
  const Descriptor listener_;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< oldest first
  bool done_ = false;
  std::exception_ptr failure_;  ///< of the handler
};

}  // namespace psabridge::net
