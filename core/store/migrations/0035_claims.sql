-- A repeated claim of a device is looked up at each late or corrected message: by an index, for a device that
-- speaks each second has a hundred thousand rows a day. Most rows keep the device's time and are not in it.

create index observation_claim on observation (device_id, claimed_at, quantity, discriminator, observed_at)
    where claimed_at is not null;
create index position_claim on position (device_id, claimed_at, discriminator, observed_at)
    where claimed_at is not null;
