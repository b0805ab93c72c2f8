// Objects of OpenSSL that are freed at the end of their scope.
#pragma once
#include <memory>

namespace psabridge::net {

template <auto Free>
struct Freed {
  void operator()(auto* object) const { Free(object); }
};
/// Owned<SSL, SSL_free>
template <class Object, auto Free>
using Owned = std::unique_ptr<Object, Freed<Free>>;

}  // namespace psabridge::net
