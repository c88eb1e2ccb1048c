#include "tensorflow/objects.h"

#include "base/protobuf.h"
#include "tensorflow/fields.h"

namespace tsinspect::tensorflow {
namespace {

ObjectChild read_child(MessageReader in) {
  namespace reference =
      trackable_object_graph_trackable_object_object_reference;
  ObjectChild child;
  while (in.next()) {
    if (in.field() == reference::kNodeId) {
      child.node = static_cast<uint32_t>(in.varint("node_id"));
    } else if (in.field() == reference::kLocalName) {
      child.name = in.bytes("local_name");
    }
  }
  return child;
}

void add_child(MessageReader in, Budget* budget,
               std::vector<ObjectChild>* children) {
  budget->charge(sizeof(ObjectChild));
  children->push_back(read_child(std::move(in)));
}

ObjectVariable read_attribute(MessageReader in) {
  namespace tensor = trackable_object_graph_trackable_object_serialized_tensor;
  ObjectVariable variable;
  while (in.next()) {
    if (in.field() == tensor::kFullName) {
      variable.name = in.bytes("full_name");
    } else if (in.field() == tensor::kCheckpointKey) {
      variable.key = in.bytes("checkpoint_key");
    }
  }
  return variable;
}

TrackableObject read_trackable(MessageReader in, Budget* budget) {
  namespace fields = trackable_object_graph_trackable_object;
  TrackableObject object;
  while (in.next()) {
    if (in.field() == fields::kChildren) {
      add_child(in.message("children", "ObjectReference"), budget,
                &object.children);
    } else if (in.field() == fields::kAttributes) {
      budget->charge(sizeof(ObjectVariable));
      object.variables.push_back(
          read_attribute(in.message("attributes", "SerializedTensor")));
    }
  }
  return object;
}

std::string_view read_identifier(MessageReader in) {
  std::string_view identifier;
  while (in.next()) {
    if (in.field() == saved_user_object::kIdentifier) {
      identifier = in.bytes("identifier");
    }
  }
  return identifier;
}

void read_variable(MessageReader in, SavedObject* object) {
  object->is_trained = false;
  while (in.next()) {
    if (in.field() == saved_variable::kTrainable) {
      object->is_trained = in.varint("trainable") != 0;
    } else if (in.field() == saved_variable::kName) {
      object->variable = in.bytes("name");
    }
  }
}

SavedObject read_saved(MessageReader in, Budget* budget) {
  SavedObject object;
  while (in.next()) {
    switch (in.field()) {
      case saved_object::kChildren:
        add_child(in.message("children", "ObjectReference"), budget,
                  &object.children);
        break;
      case saved_object::kUserObject:
        object.type =
            read_identifier(in.message("user_object", "SavedUserObject"));
        break;
      case saved_object::kVariable:
        read_variable(in.message("variable", "SavedVariable"), &object);
        break;
      default:
        break;
    }
  }
  return object;
}

template <typename Object, typename Read>
std::vector<Object> read_objects(MessageReader in, uint32_t field,
                                 Budget* budget, Read read) {
  std::vector<Object> objects;
  while (in.next()) {
    if (in.field() != field) continue;
    budget->charge(sizeof(Object));
    objects.push_back(read(in.message("nodes", "object"), budget));
  }
  return objects;
}

}  // namespace

std::vector<TrackableObject> read_trackable_objects(std::string_view message,
                                                    std::string_view text,
                                                    Budget* budget) {
  return read_objects<TrackableObject>({message, text, "TrackableObjectGraph"},
                                       trackable_object_graph::kNodes, budget,
                                       read_trackable);
}

std::vector<SavedObject> read_saved_objects(std::string_view message,
                                            std::string_view text,
                                            Budget* budget) {
  return read_objects<SavedObject>({message, text, "SavedObjectGraph"},
                                   saved_object_graph::kNodes, budget,
                                   read_saved);
}

}  // namespace tsinspect::tensorflow
