#include "core/net/resolver.h"

#include <netdb.h>
#include <netinet/in.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/net/address.h"

namespace psabridge::net {
namespace {

using Poco::Net::IPAddress;

constexpr std::chrono::milliseconds kStopInterval{50};

/// What a lookup found, shared by the thread that looks and the one that waits.
struct Lookup {
  std::mutex mutex;
  std::condition_variable done_changed;
  bool done = false;
  int failure = 0;  ///< of getaddrinfo
  std::vector<IPAddress> addresses;
};

std::vector<IPAddress> addresses_of(const addrinfo* list) {
  std::vector<IPAddress> addresses;
  for (; list; list = list->ai_next) {
    if (list->ai_family == AF_INET)
      addresses.emplace_back(&reinterpret_cast<const sockaddr_in*>(list->ai_addr)->sin_addr, sizeof(in_addr));
    else if (list->ai_family == AF_INET6)
      addresses.emplace_back(&reinterpret_cast<const sockaddr_in6*>(list->ai_addr)->sin6_addr,
                             sizeof(in6_addr));
  }
  return addresses;
}

void ask_system(const std::string& host, Lookup& lookup) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, ::freeaddrinfo);
  const std::lock_guard lock(lookup.mutex);
  lookup.failure = failure;
  lookup.addresses = addresses_of(list);
  lookup.done = true;
  lookup.done_changed.notify_all();
}

[[noreturn]] void fail(const std::string& host, int failure) {
  if (failure == EAI_AGAIN)
    throw NameNotFound("The name " + host +
                       " cannot be found: no name server answers (DNS). Check the network and the name "
                       "server of this machine.");
  throw NameNotFound("The name " + host +
                     " cannot be found (DNS). Check its spelling in the configuration and the name "
                     "server of this machine.");
}

Error refusal(const Url& peer, const IPAddress& address, const AddressVerdict& verdict) {
  const std::string number = address.toString();
  const std::string where = peer.host == number ? "The address " + number
                                                : "The host " + peer.host + " leads to " + number + ", which";
  const std::string what = where + " is " + std::string(verdict.range) + ", so nothing was sent to it. ";
  if (verdict.kind == AddressKind::never)
    return Error("PB1216", what +
                               "No setting allows such an address: correct the address of the connection, "
                               "or the entry of the name server.");
  return Error("PB1216", what +
                             "If the server really stands in your own network, set `allow_private: true` "
                             "for the connection.");
}

}  // namespace

bool needs_no_lookup(const Url& url) {
  IPAddress address;
  return equals_ignoring_case(url.host, "localhost") || IPAddress::tryParse(url.host, address);
}

std::vector<IPAddress> look_up(const Url& peer, const Patience& patience) {
  if (IPAddress address; IPAddress::tryParse(peer.host, address)) return {address};
  // RFC 6761: localhost is this machine, whatever a name server or a missing /etc/hosts says.
  if (equals_ignoring_case(peer.host, "localhost")) return {IPAddress("127.0.0.1"), IPAddress("::1")};
  const auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host = peer.host] { ask_system(host, *lookup); }).detach();
  std::unique_lock lock(lookup->mutex);
  while (!lookup->done_changed.wait_for(lock, kStopInterval, [&] { return lookup->done; }))
    patience.check(peer, "looking up the name of");
  if (lookup->failure != 0 || lookup->addresses.empty()) fail(peer.host, lookup->failure);
  return std::move(lookup->addresses);
}

std::vector<IPAddress> look_up_permitted(const Url& peer, bool allow_private, const Patience& patience) {
  std::vector<IPAddress> permitted;
  std::optional<Error> refused;
  for (const auto& address : look_up(peer, patience)) {
    const auto verdict = judge_address(address);
    if (permits(verdict, allow_private))
      permitted.push_back(address);
    else if (!refused)
      refused = refusal(peer, address, verdict);
  }
  if (permitted.empty()) throw std::move(*refused);
  return permitted;
}

}  // namespace psabridge::net
