/** What the name of a VM size tells; Azure names them `Standard_[Family][Sub-family][vCPUs][-constrained][features]_[accelerator]_[version]`. */
export interface VmSize {
  /** That count against the account's quota: those of the whole size, also where fewer of them are given to it. */
  cores: number;
  /** Name of the family as quotas have it, such as standarddasv5family, in lower case. */
  family: string;
}

const NAME = /^(Standard|Basic)_([A-Z]+)(\d+)(?:-\d+)?([a-z]*)((?:_[A-Z0-9]+)*?)(?:_(v\d+))?$/i;

/** Reads the name of a VM size; null when it is not of that form. */
export function readVmSize(name: string): VmSize | null {
  const [, tier, letters, cores, features = '', accelerator = '', version = ''] =
    NAME.exec(name) ?? [];
  if (!tier || !letters || !cores) return null;
  const family = `${tier}${letters}${features}${accelerator}${version}Family`;
  return { cores: Number(cores), family: family.replaceAll('_', '').toLowerCase() };
}
