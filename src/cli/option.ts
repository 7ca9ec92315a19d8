/** One option of a command; its name is its key, in kebab-case. */
export interface OptionDefinition {
  /** `flag`: true or false. `text`, `number` (whole, not negative): once. `texts`: may be repeated. */
  readonly type: 'flag' | 'text' | 'number' | 'texts';
  readonly summary: string;
  /** One letter. */
  readonly alias?: string;
  /** What stands for the value in the help, such as FILE. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** The least and the most that a `number` may be; 0 and no bound by default. */
  readonly least?: number;
  readonly most?: number;
}

interface ArgumentDefinition {
  readonly summary: string;
  readonly required?: boolean;
  readonly choices?: readonly string[];
}

export type Options = Readonly<Record<string, OptionDefinition>>;
export type Arguments = Readonly<Record<string, ArgumentDefinition>>;

type OptionValue<Option extends OptionDefinition> = Option['type'] extends 'flag'
  ? boolean
  : Option['type'] extends 'number'
    ? number | undefined
    : Option['type'] extends 'texts'
      ? readonly string[]
      : Option extends { readonly choices: readonly (infer Choice)[] }
        ? Choice | undefined
        : string | undefined;

export type OptionValues<Known extends Options> = { readonly [Name in keyof Known]: OptionValue<Known[Name]> };

export type Values<Known extends Options, Positional extends Arguments> = OptionValues<Known> & {
  readonly [Name in keyof Positional]: Positional[Name] extends { readonly required: true }
    ? ArgumentValue<Positional[Name]>
    : ArgumentValue<Positional[Name]> | undefined;
};

type ArgumentValue<Argument> = Argument extends { readonly choices: readonly (infer Choice)[] } ? Choice : string;
